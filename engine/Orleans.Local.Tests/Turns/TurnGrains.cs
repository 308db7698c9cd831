using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Turns;

[Alias("tests.turns")]
public interface ITurnGrain : IGrainWithStringKey
{
    /// <summary>Records its begin, waits for the signal, records its end.</summary>
    [Alias("Slow")]
    Task Slow(string name, string signal);

    [Alias("Look"), Concurrency.ReadOnly]
    Task Look(string name, string signal);

    [Alias("Peek"), Concurrency.AlwaysInterleave]
    Task Peek(string name, string signal);

    /// <summary>Reads a counter, yields and writes it; a lost update would show as a repeated value.</summary>
    [Alias("Increment")]
    Task<int> Increment();

    [Alias("SchedulerStays")]
    Task<bool> SchedulerStays();

    [Alias("ConfigureAwaitFalseLeaves")]
    Task<bool> ConfigureAwaitFalseLeaves();

    [Alias("TasksRunInTurn")]
    Task<bool> TasksRunInTurn();
}

public abstract class TurnGrainBase : Grain
{
    private int _count;

    public Task Slow(string name, string signal) => Noted(name, signal);

    public Task Look(string name, string signal) => Noted(name, signal);

    public Task Peek(string name, string signal) => Noted(name, signal);

    public async Task<int> Increment()
    {
        var seen = _count;
        await Task.Yield();
        await Task.Yield();
        return _count = seen + 1;
    }

    public virtual async Task<bool> SchedulerStays()
    {
        var scheduler = TaskScheduler.Current;
        await Task.Yield();
        await Task.Delay(1);
        await Task.Run(() => { });
        return scheduler != TaskScheduler.Default && TaskScheduler.Current == scheduler;
    }

    public virtual async Task<bool> ConfigureAwaitFalseLeaves()
    {
        await Task.Delay(1).ConfigureAwait(false);
        return TaskScheduler.Current == TaskScheduler.Default;
    }

    public virtual async Task<bool> TasksRunInTurn()
    {
        var scheduler = TaskScheduler.Current;
        return await Task.Factory.StartNew(() => TaskScheduler.Current == scheduler);
    }

    private async Task Noted(string name, string signal)
    {
        Signals.Note(this.GetPrimaryKeyString(), $"{name} begins");
        await Signals.Wait(signal);
        Signals.Note(this.GetPrimaryKeyString(), $"{name} ends");
    }
}

public sealed class TurnGrain : TurnGrainBase, ITurnGrain;

[Alias("tests.reentrant-turns")]
public interface IReentrantTurnGrain : ITurnGrain;

[Concurrency.Reentrant]
public sealed class ReentrantTurnGrain : TurnGrainBase, IReentrantTurnGrain;

[Alias("tests.chain")]
public interface IChainGrain : IGrainWithStringKey
{
    /// <summary>Calls the other grain, which calls back.</summary>
    [Alias("GoAndReturn")]
    Task<int> GoAndReturn(string other, bool allowReentrancy);

    [Alias("CallBack")]
    Task<int> CallBack(string first);

    [Alias("Answer")]
    Task<int> Answer();

    [Alias("Hold")]
    Task Hold(string began, string signal);

    [Alias("HoldReentrantly")]
    Task HoldReentrantly(string began, string signal);

    [Alias("GoAndReturnSuppressed")]
    Task<int> GoAndReturnSuppressed(string other);
}

public sealed class ChainGrain : Grain, IChainGrain
{
    public async Task<int> GoAndReturn(string other, bool allowReentrancy)
    {
        var grain = GrainFactory.GetGrain<IChainGrain>(other);
        if (!allowReentrancy)
            return await grain.CallBack(this.GetPrimaryKeyString());
        using (RequestContext.AllowCallChainReentrancy())
            return await grain.CallBack(this.GetPrimaryKeyString());
    }

    public async Task<int> GoAndReturnSuppressed(string other)
    {
        using (RequestContext.AllowCallChainReentrancy())
        using (RequestContext.SuppressCallChainReentrancy())
            return await GrainFactory.GetGrain<IChainGrain>(other).CallBack(this.GetPrimaryKeyString());
    }

    public Task<int> CallBack(string first) => GrainFactory.GetGrain<IChainGrain>(first).Answer();

    public Task<int> Answer() => Task.FromResult(42);

    public Task Hold(string began, string signal)
    {
        Signals.Set(began);
        return Signals.Wait(signal);
    }

    public async Task HoldReentrantly(string began, string signal)
    {
        using (RequestContext.AllowCallChainReentrancy())
        {
            Signals.Set(began);
            await Signals.Wait(signal);
        }
    }
}

[Alias("tests.worker")]
public interface IWorkerGrain : IGrainWithIntegerKey
{
    [Alias("Work")]
    Task<Guid> Work(string log, string signal);
}

[Concurrency.StatelessWorker(2)]
public sealed class WorkerGrain : Grain, IWorkerGrain
{
    private readonly Guid _id = Guid.NewGuid();

    public async Task<Guid> Work(string log, string signal)
    {
        Signals.Note(log, _id.ToString());
        await Signals.Wait(signal);
        return _id;
    }
}

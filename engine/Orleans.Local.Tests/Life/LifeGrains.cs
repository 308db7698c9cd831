using System.Collections.Concurrent;
using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Life;

[Alias("tests.life")]
public interface ILifeGrain : IGrainWithStringKey
{
    /// <summary>Differs for each activation.</summary>
    [Alias("Activation")]
    Task<Guid> Activation();

    [Alias("End")]
    Task End();

    [Alias("EndAndWait")]
    Task EndAndWait(string began, string signal);

    [Alias("DelayEnd")]
    Task DelayEnd(TimeSpan time);
}

/// <summary>Records its activations and deactivations under its key.</summary>
public abstract class LifeGrainBase : Grain
{
    private readonly Guid _id = Guid.NewGuid();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Signals.Note(this.GetPrimaryKeyString(), "activated");
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await Task.Yield();
        Signals.Note(this.GetPrimaryKeyString(), reason.ReasonCode.ToString());
    }

    public Task<Guid> Activation() => Task.FromResult(_id);

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public async Task EndAndWait(string began, string signal)
    {
        DeactivateOnIdle();
        Signals.Set(began);
        await Signals.Wait(signal);
    }

    public Task DelayEnd(TimeSpan time)
    {
        DelayDeactivation(time);
        return Task.CompletedTask;
    }
}

public sealed class LifeGrain : LifeGrainBase, ILifeGrain;

[Alias("tests.long-life")]
public interface ILongLifeGrain : ILifeGrain;

[KeepAlive]
public sealed class LongLifeGrain : LifeGrainBase, ILongLifeGrain;

[Alias("tests.aged-life")]
public interface IAgedLifeGrain : ILifeGrain;

[CollectionAgeLimit(Hours = 1)]
public sealed class AgedLifeGrain : LifeGrainBase, IAgedLifeGrain;

[Alias("tests.placed"), CodeGeneration.Version(2)]
public interface IPlacedGrain : ILifeGrain;

[Placement.ActivationCountBasedPlacement]
public sealed class PlacedGrain : LifeGrainBase, IPlacedGrain;

[Alias("tests.failing")]
public interface IFailingGrain : IGrainWithStringKey
{
    [Alias("Attempts")]
    Task<int> Attempts();
}

/// <summary>Fails to activate the first two times.</summary>
public sealed class FailingGrain : Grain, IFailingGrain
{
    private static readonly ConcurrentDictionary<string, int> Counts = new();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (Counts.AddOrUpdate(this.GetPrimaryKeyString(), 1, (_, n) => n + 1) <= 2)
            throw new InvalidOperationException("Not yet.");
    }

    public Task<int> Attempts() => Task.FromResult(Counts[this.GetPrimaryKeyString()]);
}

public sealed class Greeting
{
    public string Text { get; set; } = "hello";
}

[Alias("tests.injected")]
public interface IInjectedGrain : IGrainWithStringKey
{
    [Alias("Greet")]
    Task<string> Greet();
}

public sealed class InjectedGrain(Greeting greeting, IGrainContext context) : Grain, IInjectedGrain
{
    public Task<string> Greet() => Task.FromResult($"{greeting.Text} {context.GrainId.Key}");
}

public sealed class ScopedLife : IDisposable
{
    public Guid Id { get; } = Guid.NewGuid();

    public void Dispose() => Signals.Note(Id.ToString(), "disposed");
}

[Alias("tests.scoped")]
public interface IScopedGrain : IGrainWithStringKey
{
    [Alias("ServiceId")]
    Task<Guid> ServiceId();

    [Alias("End")]
    Task End();
}

public sealed class ScopedGrain(ScopedLife life) : Grain, IScopedGrain
{
    public Task<Guid> ServiceId() => Task.FromResult(life.Id);

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

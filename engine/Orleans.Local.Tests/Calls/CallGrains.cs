using System.Collections.Immutable;
using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Calls;

[GenerateSerializer, Immutable, Alias("tests.note")]
public sealed record Note(string Text, ImmutableArray<int> Numbers);

[Alias("tests.call")]
public interface ICallGrain : IGrainWithStringKey
{
    [Alias("Nothing")]
    Task Nothing();

    [Alias("NothingByValue")]
    ValueTask NothingByValue();

    [Alias("Echo")]
    Task<Note> Echo(Note note, int times = 1);

    [Alias("EchoByValue")]
    ValueTask<int> EchoByValue(int number);

    [Alias("Fail")]
    Task<int> Fail(string text);

    [Alias("FailAtOnce")]
    Task FailAtOnce(string text);

    [Alias("WaitFor")]
    Task WaitFor(string signal, string done);

    [Alias("WaitShortly"), ResponseTimeout("00:00:00.300")]
    Task WaitShortly(string signal, string done);

    [Alias("WaitForToken")]
    Task WaitForToken(string started, string ended, CancellationToken cancellationToken = default);

    [Alias("OneWay"), Concurrency.OneWay]
    Task OneWay(string signal, string done);

    [Alias("OneWayThatFails"), Concurrency.OneWay]
    Task OneWayThatFails();

    [Alias("Self")]
    Task<ICallGrain> Self();

    [Alias("Context")]
    Task<string?> Context(string key);

    [Alias("ContextOfAnother")]
    Task<string?> ContextOfAnother(string other, string key);

    [Alias("ChangeContext")]
    Task ChangeContext(string key, string value);

    /// <summary>Sends a note to another grain and says whether that grain got, and gave back, the same object.</summary>
    [Alias("SendsTheSameObject")]
    Task<bool> SendsTheSameObject(string other);

    [Alias("Keep")]
    Task<Note> Keep(Note note);

    /// <summary>What the grain sees of itself: its id, and whether the other members agree with it.</summary>
    [Alias("Describe")]
    Task<string> Describe();
}

public sealed class CallGrain : Grain, ICallGrain
{
    private static volatile Note? _lastKept;

    public Task Nothing() => Task.CompletedTask;

    public ValueTask NothingByValue() => ValueTask.CompletedTask;

    public async Task<Note> Echo(Note note, int times)
    {
        await Task.Yield();
        return note with { Text = string.Concat(Enumerable.Repeat(note.Text, times)) };
    }

    public ValueTask<int> EchoByValue(int number) => new(number);

    public async Task<int> Fail(string text)
    {
        await Task.Yield();
        throw new InvalidOperationException(text);
    }

    public Task FailAtOnce(string text) => throw new InvalidOperationException(text);

    public async Task WaitFor(string signal, string done)
    {
        Signals.Set(signal + "/waits");
        await Signals.Wait(signal);
        Signals.Set(done);
    }

    public Task WaitShortly(string signal, string done) => WaitFor(signal, done);

    public async Task WaitForToken(string started, string ended, CancellationToken cancellationToken)
    {
        Signals.Set(started);
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            Signals.Set(ended);
        }
    }

    public async Task OneWay(string signal, string done)
    {
        await Signals.Wait(signal);
        Signals.Set(done);
    }

    public Task OneWayThatFails() => throw new InvalidOperationException("The caller does not see it.");

    public Task<ICallGrain> Self() => Task.FromResult(this.AsReference<ICallGrain>());

    public Task<string?> Context(string key) => Task.FromResult(RequestContext.Get(key) as string);

    public async Task<string?> ContextOfAnother(string other, string key)
    {
        await Task.Yield();
        return await GrainFactory.GetGrain<ICallGrain>(other).Context(key);
    }

    public Task ChangeContext(string key, string value)
    {
        RequestContext.Set(key, value);
        return Task.CompletedTask;
    }

    public async Task<bool> SendsTheSameObject(string other)
    {
        var sent = new Note("sent", [1]);
        var kept = await GrainFactory.GetGrain<ICallGrain>(other).Keep(sent);
        return ReferenceEquals(sent, kept) && ReferenceEquals(sent, _lastKept);
    }

    public Task<Note> Keep(Note note)
    {
        _lastKept = note;
        return Task.FromResult(note);
    }

    public Task<string> Describe()
    {
        var id = GrainContext.GrainId;
        bool[] agree =
        [
            id == this.GetGrainId(),
            id == GrainReference.GrainId,
            IdentityString == id.ToString(),
            ReferenceEquals(GrainContext.GrainInstance, this),
            ServiceProvider.GetService(typeof(IGrainFactory)) is IGrainFactory,
            GrainFactory.GetGrain<ICallGrain>(this.GetPrimaryKeyString()).GetGrainId() == id,
        ];
        return Task.FromResult($"{id.Key} {Array.TrueForAll(agree, a => a)}");
    }
}

[Alias("tests.guid-key")]
public interface IGuidKeyGrain : IGrainWithGuidKey
{
    [Alias("Key")]
    Task<Guid> Key();
}

public sealed class GuidKeyGrain : Grain, IGuidKeyGrain
{
    public Task<Guid> Key() => Task.FromResult(this.GetPrimaryKey());
}

[Alias("tests.integer-key")]
public interface IIntegerKeyGrain : IGrainWithIntegerKey
{
    [Alias("Key")]
    Task<long> Key();
}

public sealed class IntegerKeyGrain : Grain, IIntegerKeyGrain
{
    public Task<long> Key() => Task.FromResult(this.GetPrimaryKeyLong());
}

[Alias("tests.unimplemented")]
public interface IUnimplementedGrain : IGrainWithStringKey
{
    [Alias("Nothing")]
    Task Nothing();
}

[Alias("tests.two-interfaces")]
public interface ITwoInterfacesGrain : IGrainWithStringKey
{
    [Alias("Key")]
    Task<string> Key();
}

[Alias("tests.second-interface")]
internal interface ISecondInterface : IGrainWithStringKey
{
    [Alias("KeyBackwards")]
    Task<string> KeyBackwards();
}

internal sealed class TwoInterfacesGrain : Grain, ITwoInterfacesGrain, ISecondInterface
{
    public Task<string> Key() => Task.FromResult(this.GetPrimaryKeyString());

    public Task<string> KeyBackwards() => Task.FromResult(new string([.. this.GetPrimaryKeyString().Reverse()]));
}

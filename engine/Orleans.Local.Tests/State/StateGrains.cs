using System.Collections.Immutable;

namespace Orleans.Local.Tests.State;

[GenerateSerializer, Immutable, Alias("tests.profile")]
public sealed record Profile
{
    [Id(0)]
    public string Name { get; init; } = "unnamed";

    [Id(1)]
    public ImmutableArray<string> Roles { get; init; } = [];

    [Id(2)]
    public DateTimeOffset Since { get; init; }
}

/// <summary>A state as its grain sees it.</summary>
[GenerateSerializer, Immutable, Alias("tests.seen-state")]
public sealed record SeenState(Profile Profile, string? Etag, bool Exists);

[Alias("tests.profile-grain")]
public interface IProfileGrain : IGrainWithStringKey
{
    [Alias("Get")]
    Task<SeenState> Get();

    /// <summary>The state when the grain was activated.</summary>
    [Alias("AtActivation")]
    Task<string> AtActivation();

    [Alias("Set")]
    Task Set(Profile value);

    /// <summary>Changes the state in memory only.</summary>
    [Alias("Change")]
    Task Change(string name);

    [Alias("Read")]
    Task Read();

    [Alias("Clear")]
    Task Clear();

    [Alias("WriteManyAtOnce")]
    Task WriteManyAtOnce(int times);

    [Alias("WriteCancelled")]
    Task WriteCancelled();

    [Alias("ReadCancelled")]
    Task ReadCancelled();

    [Alias("ClearCancelled")]
    Task ClearCancelled();

    [Alias("GetOutside")]
    Task<string> GetOutside();

    [Alias("End")]
    Task End();
}

public sealed class ProfileGrain([PersistentState("profile")] IPersistentState<Profile> profile) : Grain, IProfileGrain
{
    private string _atActivation = "";

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _atActivation = profile.State.Name;
        return Task.CompletedTask;
    }

    public Task<SeenState> Get() => Task.FromResult(new SeenState(profile.State, profile.Etag, profile.RecordExists));

    public Task<string> AtActivation() => Task.FromResult(_atActivation);

    public Task Set(Profile value)
    {
        profile.State = value;
        return profile.WriteStateAsync();
    }

    public Task Change(string name)
    {
        profile.State = profile.State with { Name = name };
        return Task.CompletedTask;
    }

    public Task Read() => profile.ReadStateAsync();

    public Task Clear() => profile.ClearStateAsync();

    public Task WriteManyAtOnce(int times) =>
        Task.WhenAll(
            Enumerable
                .Range(0, times)
                .Select(i =>
                {
                    profile.State = profile.State with { Name = $"writer {i}" };
                    return profile.WriteStateAsync();
                })
        );

    public Task WriteCancelled() => profile.WriteStateAsync(new CancellationToken(canceled: true));

    public Task ReadCancelled() => profile.ReadStateAsync(new CancellationToken(canceled: true));

    public Task ClearCancelled() => profile.ClearStateAsync(new CancellationToken(canceled: true));

    public Task<string> GetOutside() => Task.Run(() => profile.State.Name);

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

[Alias("tests.two-states")]
public interface ITwoStatesGrain : IGrainWithIntegerKey
{
    [Alias("Add")]
    Task<(int, int)> Add(int toFirst, int toSecond);

    [Alias("End")]
    Task End();
}

/// <summary>Two states of one type; values, and a grain with an integer key.</summary>
public sealed class TwoStatesGrain(
    [PersistentState("first")] IPersistentState<int> first,
    [PersistentState("second", "Default")] IPersistentState<int> second
) : Grain, ITwoStatesGrain
{
    public async Task<(int, int)> Add(int toFirst, int toSecond)
    {
        first.State += toFirst;
        second.State += toSecond;
        await first.WriteStateAsync();
        await second.WriteStateAsync();
        return (first.State, second.State);
    }

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

[Alias("tests.guid-state")]
public interface IGuidStateGrain : IGrainWithGuidKey
{
    [Alias("Swap")]
    Task<string?> Swap(string value);

    [Alias("End")]
    Task End();
}

public sealed class GuidStateGrain([PersistentState("text")] IPersistentState<Profile> text) : Grain, IGuidStateGrain
{
    public async Task<string?> Swap(string value)
    {
        var old = text.RecordExists ? text.State.Name : null;
        text.State = text.State with { Name = value };
        await text.WriteStateAsync();
        return old;
    }

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

/// <summary>A state in a storage with a name of its own.</summary>
[Alias("tests.archived-state")]
public interface IArchivedStateGrain : IGrainWithStringKey
{
    [Alias("Add")]
    Task<int> Add(int number);

    [Alias("End")]
    Task End();
}

public sealed class ArchivedStateGrain([PersistentState("archived", "archive")] IPersistentState<int> archived) : Grain, IArchivedStateGrain
{
    public async Task<int> Add(int number)
    {
        archived.State += number;
        await archived.WriteStateAsync();
        return archived.State;
    }

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

[Alias("tests.no-such-storage")]
public interface INoSuchStorageGrain : IGrainWithStringKey
{
    [Alias("Ping")]
    Task Ping();
}

public sealed class NoSuchStorageGrain([PersistentState("any", "nowhere")] IPersistentState<int> any) : Grain, INoSuchStorageGrain
{
    public Task Ping() => Task.FromResult(any.State);
}

[Alias("tests.same-state-name")]
public interface ISameStateNameGrain : IGrainWithStringKey
{
    [Alias("Ping")]
    Task Ping();
}

/// <summary>Keeps a state of the same name as <see cref="ProfileGrain"/>.</summary>
public sealed class SameStateNameGrain([PersistentState("profile")] IPersistentState<Profile> profile) : Grain, ISameStateNameGrain
{
    public Task Ping() => Task.FromResult(profile.State);
}

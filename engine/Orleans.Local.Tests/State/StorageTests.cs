using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Local.Tests.Support;
using Orleans.Storage;
using Orleans.TestingHost;

namespace Orleans.Local.Tests.State;

/// <summary>The behaviour of every storage; one derived class per kind of storage.</summary>
public abstract class StorageTests : IAsyncLifetime
{
    private static readonly Profile Ada = new()
    {
        Name = "Ada",
        Roles = ["admin", "reader"],
        Since = DateTimeOffset.UnixEpoch,
    };

    private InProcessTestCluster? _cluster;

    protected InProcessTestCluster TestCluster => _cluster!;

    public virtual async Task InitializeAsync() => _cluster = await Cluster.StartAsync(Configure);

    public virtual async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_state_that_was_never_written_is_a_new_object()
    {
        var seen = await New().Get();
        Assert.Equal("unnamed", seen.Profile.Name);
        Assert.False(seen.Exists);
        Assert.Null(seen.Etag);
    }

    [Fact]
    public async Task A_stored_state_is_read_before_OnActivateAsync()
    {
        var grain = New();
        await grain.Set(Ada);
        await grain.End();
        Assert.Equal("Ada", await grain.AtActivation());
        var seen = await grain.Get();
        Assert.True(seen.Exists);
        Assert.NotNull(seen.Etag);
        Assert.True(Ada.Roles.SequenceEqual(seen.Profile.Roles));
        Assert.Equal(Ada.Since, seen.Profile.Since);
    }

    [Fact]
    public async Task A_change_in_memory_is_not_stored_without_a_write()
    {
        var grain = New();
        await grain.Set(Ada);
        await grain.Change("Eve");
        await grain.Read();
        Assert.Equal("Ada", (await grain.Get()).Profile.Name);
    }

    [Fact]
    public async Task Every_write_gives_a_new_etag()
    {
        var grain = New();
        await grain.Set(Ada);
        var first = (await grain.Get()).Etag;
        await grain.Set(Ada);
        Assert.NotEqual(first, (await grain.Get()).Etag);
    }

    [Fact]
    public async Task A_cleared_state_is_a_new_object_and_can_be_written_again()
    {
        var grain = New();
        await grain.Set(Ada);
        await grain.Clear();
        Assert.False((await grain.Get()).Exists);
        Assert.Equal("unnamed", (await grain.Get()).Profile.Name);
        await grain.End();
        Assert.False((await grain.Get()).Exists);
        await grain.Set(Ada);
        await grain.End();
        Assert.Equal("Ada", (await grain.Get()).Profile.Name);
    }

    [Fact]
    public async Task Clearing_a_missing_state_changes_nothing()
    {
        var grain = New();
        await grain.Clear();
        Assert.False((await grain.Get()).Exists);
        await grain.Set(Ada);
    }

    [Fact]
    public async Task Interleaved_writes_run_one_after_the_other()
    {
        var grain = New();
        await grain.WriteManyAtOnce(5);
        await grain.Read();
        Assert.Equal("writer 4", (await grain.Get()).Profile.Name);
    }

    [Fact]
    public async Task Writes_reads_and_clears_ignore_a_cancelled_token()
    {
        var grain = New();
        await grain.Set(Ada);
        await grain.Change("Eve");
        await grain.WriteCancelled();
        await grain.Change("Bob");
        await grain.ReadCancelled();
        Assert.Equal("Eve", (await grain.Get()).Profile.Name);
        await grain.ClearCancelled();
        await grain.Read();
        Assert.False((await grain.Get()).Exists);
    }

    [Fact]
    public async Task A_state_is_accessible_only_in_turns_of_its_grain() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => New().GetOutside());

    [Fact]
    public async Task A_state_may_name_its_storage()
    {
        var grain = TestCluster.Client.GetGrain<IArchivedStateGrain>(Name());
        await grain.Add(1);
        await grain.End();
        Assert.Equal(3, await grain.Add(2));
    }

    [Fact]
    public async Task A_grain_may_have_several_states()
    {
        var grain = TestCluster.Client.GetGrain<ITwoStatesGrain>(Random.Shared.NextInt64());
        Assert.Equal((1, 10), await grain.Add(1, 10));
        await grain.End();
        Assert.Equal((3, 30), await grain.Add(2, 20));
    }

    [Fact]
    public async Task A_grain_with_a_Guid_key_keeps_its_state()
    {
        var grain = TestCluster.Client.GetGrain<IGuidStateGrain>(Guid.NewGuid());
        Assert.Null(await grain.Swap("one"));
        await grain.End();
        Assert.Equal("one", await grain.Swap("two"));
        Assert.Null(await TestCluster.Client.GetGrain<IGuidStateGrain>(Guid.NewGuid()).Swap("other"));
    }

    [Fact]
    public async Task A_state_may_be_kept_in_a_storage_of_the_application()
    {
        var storage = new ListedStorage();
        await using var own = await Cluster.StartAsync(silo => silo.Services.AddKeyedSingleton<IGrainStorage>("archive", storage));
        var grain = own.Client.GetGrain<IArchivedStateGrain>("listed");
        await grain.Add(1);
        await grain.Add(2);
        Assert.Equal(["read", "write 1 over none", "write 3 over 1"], storage.Operations);
    }

    [Fact]
    public async Task A_storage_that_the_silo_does_not_have_fails_the_call()
    {
        var grain = TestCluster.Client.GetGrain<INoSuchStorageGrain>(Name());
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(grain.Ping);
        Assert.Contains(
            "nowhere",
            Assert.IsType<BadProviderConfigException>(exception.GetBaseException()).Message,
            StringComparison.Ordinal
        );
    }

    protected static string Name() => "state-" + Guid.NewGuid().ToString("N");

    protected abstract void Configure(ISiloBuilder silo);

    protected IProfileGrain New() => TestCluster.Client.GetGrain<IProfileGrain>(Name());
}

public sealed class MemoryStorageTests : StorageTests
{
    [Fact]
    public async Task A_cleared_state_has_no_etag()
    {
        var grain = New();
        await grain.Set(new Profile());
        await grain.Clear();
        Assert.Null((await grain.Get()).Etag);
        await grain.Read();
        Assert.Null((await grain.Get()).Etag);
    }

    protected override void Configure(ISiloBuilder silo) => silo.AddMemoryGrainStorageAsDefault().AddMemoryGrainStorage("archive");
}

/// <summary>A storage of the application that lists what is asked of it.</summary>
public sealed class ListedStorage : IGrainStorage
{
    public ConcurrentQueue<string> Operations { get; } = new();

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Operations.Enqueue("read");
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Operations.Enqueue($"write {grainState.State} over {grainState.ETag ?? "none"}");
        grainState.ETag = $"{grainState.State}";
        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();
}

using Orleans.Configuration;
using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Enumerations;

public sealed class EnumerationTests(PlainCluster cluster) : IClassFixture<PlainCluster>
{
    [Fact]
    public async Task All_items_arrive_in_order()
    {
        var items = new List<int>();
        await foreach (var item in New().Count(1000))
            items.Add(item);
        Assert.Equal(Enumerable.Range(0, 1000), items);
    }

    [Fact]
    public async Task An_empty_enumeration_ends_at_once()
    {
        await foreach (var item in New().Count(0))
            Assert.Fail($"There is an item: {item}");
    }

    [Fact]
    public async Task A_second_enumeration_returns_the_same_items()
    {
        var items = New().Count(3);
        for (var round = 0; round < 2; round++)
        {
            var sum = 0;
            await foreach (var item in items)
                sum += item;
            Assert.Equal(3, sum);
        }
    }

    [Fact]
    public async Task The_grain_takes_other_calls_between_items()
    {
        var name = Name();
        var grain = New();
        await using var items = grain.OnSignals(name).GetAsyncEnumerator();
        Signals.Set($"{name}/0");
        Assert.True(await items.MoveNextAsync());
        var next = items.MoveNextAsync();
        Assert.Equal(1, await grain.Ping());
        Signals.Set($"{name}/1");
        Assert.True(await next);
        Assert.Equal(1, items.Current);
    }

    [Fact]
    public async Task An_item_arrives_as_soon_as_it_is_produced()
    {
        var name = Name();
        await using var items = New().OnSignals(name).GetAsyncEnumerator();
        for (var i = 0; i < 3; i++)
        {
            var next = items.MoveNextAsync();
            Signals.Set($"{name}/{i}");
            Assert.True(await next);
            Assert.Equal(i, items.Current);
        }
    }

    [Fact]
    public async Task Breaking_out_of_the_loop_ends_the_producer()
    {
        var name = Name();
        Signals.Set($"{name}/0");
        await foreach (var item in New().OnSignals(name))
            break;
        await Signals.Wait($"{name}/ended");
    }

    [Fact]
    public async Task Cancelling_the_consumer_ends_the_producer()
    {
        var name = Name();
        Signals.Set($"{name}/0");
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var item in New().OnSignals(name).WithCancellation(cancellation.Token))
                await cancellation.CancelAsync();
        });
        await Signals.Wait($"{name}/ended");
    }

    [Fact]
    public async Task Cancelling_the_token_argument_ends_the_producer()
    {
        var name = Name();
        Signals.Set($"{name}/0");
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var item in New().OnSignals(name, cancellation.Token))
                await cancellation.CancelAsync();
        });
        await Signals.Wait($"{name}/ended");
    }

    [Fact]
    public async Task An_exception_of_the_producer_reaches_the_consumer_after_the_items_before_it()
    {
        var items = new List<int>();
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var item in New().FailAfter(3))
                items.Add(item);
        });
        Assert.Equal("no more", exception.Message);
        Assert.Equal([0, 1, 2], items);
    }

    [Fact]
    public async Task All_items_arrive_with_a_batch_size()
    {
        var sum = 0;
        await foreach (var item in New().Count(10).WithBatchSize(3))
            sum += item;
        Assert.Equal(45, sum);
    }

    [Fact]
    public async Task An_enumeration_whose_grain_is_deactivated_is_aborted()
    {
        var name = Name();
        var grain = New();
        Signals.Set($"{name}/0");
        await using var items = grain.OnSignals(name).GetAsyncEnumerator();
        Assert.True(await items.MoveNextAsync());
        await grain.End();
        await Signals.Wait($"{name}/ended");
        await Assert.ThrowsAnyAsync<Exception>(async () => await items.MoveNextAsync());
    }

    [Fact]
    public async Task An_item_may_take_longer_than_the_response_timeout()
    {
        // On Orleans the grain answers a waiting consumer every half of the silo's timeout, so that the consumer's own is not reached.
        await using var own = await Cluster.StartAsync(
            silo => silo.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromSeconds(1)),
            client => client.Configure<ClientMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromSeconds(4))
        );
        var name = Name();
        await using var items = own.Client.GetGrain<IEnumerationGrain>(Name()).OnSignals(name).GetAsyncEnumerator();
        var next = items.MoveNextAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => own.Client.GetGrain<IEnumerationGrain>(Name()).Wait(Name()));
        Signals.Set($"{name}/0");
        Assert.True(await next);
    }

    [Fact]
    public async Task An_enumeration_ends_when_its_consumer_disappears()
    {
        await using var own = await Cluster.StartAsync(silo =>
            silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromMilliseconds(200))
                .Configure<GrainCollectionOptions>(options => options.CollectionQuantum = TimeSpan.FromMilliseconds(200))
        );
        var name = Name();
        Signals.Set($"{name}/0");
        var items = own.Client.GetGrain<IEnumerationGrain>(Name()).OnSignals(name).GetAsyncEnumerator();
        Assert.True(await items.MoveNextAsync());
        await Signals.Wait($"{name}/ended");
    }

    [Fact]
    public async Task The_request_context_travels_with_an_enumeration()
    {
        RequestContext.Set("who", "me");
        var seen = new List<string?>();
        await foreach (var item in New().Context("who"))
            seen.Add(item);
        Assert.Equal(["me", "me"], seen);
    }

    private static string Name() => "items-" + Guid.NewGuid().ToString("N");

    private IEnumerationGrain New() => cluster.Client.GetGrain<IEnumerationGrain>(Name());
}

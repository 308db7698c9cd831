using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Filters;

[Alias("tests.filtered")]
public interface IFilteredGrain : IGrainWithStringKey
{
    [Alias("Double")]
    Task<int> Double(int number);

    [Alias("Context")]
    Task<string?> Context();

    /// <summary>The first call fails.</summary>
    [Alias("DoubleAtTheSecondCall")]
    Task<int> DoubleAtTheSecondCall(int number);

    [Alias("DoubleThrough")]
    Task<int> DoubleThrough(string other, int number);
}

/// <summary>Filters its own calls: for numbers from 100 on it sets the result without calling the method.</summary>
public sealed class FilteredGrain : Grain, IFilteredGrain, IIncomingGrainCallFilter
{
    private int _calls;

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.Request.GetArgumentCount() == 1 && context.Request.GetArgument(0) is int and >= 100)
            context.Result = -1;
        else
            await context.Invoke();
    }

    public Task<int> Double(int number) => Task.FromResult(number * 2);

    public Task<string?> Context() => Task.FromResult(RequestContext.Get("from") as string);

    public Task<int> DoubleAtTheSecondCall(int number) =>
        _calls++ == 0 ? throw new InvalidOperationException("The first call fails.") : Task.FromResult(number * 2);

    public Task<int> DoubleThrough(string other, int number) => GrainFactory.GetGrain<IFilteredGrain>(other).Double(number);
}

public sealed class FilterTests
{
    private readonly string _log = "filter-" + Guid.NewGuid().ToString("N");

    [Fact]
    public async Task An_incoming_filter_sees_the_call_and_its_result()
    {
        await using var cluster = await Cluster.StartAsync(silo =>
            silo.AddIncomingGrainCallFilter(async context =>
            {
                await context.Invoke();
                if (context.InterfaceMethod.Name == nameof(IFilteredGrain.Double))
                {
                    Signals.Note(_log, context.Grain.GetType().Name);
                    Signals.Note(_log, context.ImplementationMethod.DeclaringType!.Name);
                    Signals.Note(_log, $"{context.MethodName}({context.Request.GetArgument(0)}) = {context.Result}");
                }
            })
        );
        Assert.Equal(42, await cluster.Client.GetGrain<IFilteredGrain>("a").Double(21));
        Assert.Equal([nameof(FilteredGrain), nameof(FilteredGrain), "Double(21) = 42"], Signals.Noted(_log));
    }

    [Fact]
    public async Task An_incoming_filter_may_change_arguments_and_result()
    {
        await using var cluster = await Cluster.StartAsync(silo =>
            silo.AddIncomingGrainCallFilter(async context =>
            {
                var isOurs = context.InterfaceMethod.Name == nameof(IFilteredGrain.Double);
                if (isOurs)
                    context.Request.SetArgument(0, 5);
                await context.Invoke();
                if (isOurs)
                    context.Result = (int)context.Result! + 1;
            })
        );
        Assert.Equal(11, await cluster.Client.GetGrain<IFilteredGrain>("a").Double(1));
    }

    [Fact]
    public async Task An_incoming_filter_may_refuse_a_call()
    {
        await using var cluster = await Cluster.StartAsync(silo =>
            silo.AddIncomingGrainCallFilter(context =>
                context.InterfaceMethod.Name == nameof(IFilteredGrain.Double)
                    ? throw new UnauthorizedAccessException("no")
                    : context.Invoke()
            )
        );
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => cluster.Client.GetGrain<IFilteredGrain>("a").Double(1));
    }

    [Fact]
    public async Task Incoming_filters_run_in_registration_order_and_the_filter_of_the_grain_runs_last()
    {
        await using var cluster = await Cluster.StartAsync(silo =>
            silo.AddIncomingGrainCallFilter(Noting("first")).AddIncomingGrainCallFilter(Noting("second"))
        );
        Assert.Equal(-1, await cluster.Client.GetGrain<IFilteredGrain>("a").Double(100));
        Assert.Equal(["first in", "second in", "second out", "first out"], Signals.Noted(_log));
    }

    [Fact]
    public async Task An_outgoing_filter_of_the_silo_sees_the_calls_of_its_grains()
    {
        await using var cluster = await Cluster.StartAsync(silo =>
            silo.AddOutgoingGrainCallFilter(async context =>
            {
                await context.Invoke();
                if (context.InterfaceMethod.Name == nameof(IFilteredGrain.Double))
                {
                    Signals.Note(_log, $"{context.SourceId!.Value.Key} -> {context.TargetId.Key}");
                    context.Result = (int)context.Result! + 1;
                }
            })
        );
        Assert.Equal(9, await cluster.Client.GetGrain<IFilteredGrain>("one").DoubleThrough("two", 4));
        Assert.Equal(["one -> two"], Signals.Noted(_log));
    }

    [Fact]
    public async Task An_outgoing_filter_of_the_client_sets_the_request_context_of_its_calls()
    {
        await using var cluster = await Cluster.StartAsync(client: client =>
            client.AddOutgoingGrainCallFilter(context =>
            {
                RequestContext.Set("from", "the client");
                return context.Invoke();
            })
        );
        Assert.Equal("the client", await cluster.Client.GetGrain<IFilteredGrain>("a").Context());
    }

    [Fact]
    public async Task An_outgoing_filter_may_repeat_a_failed_call()
    {
        await using var cluster = await Cluster.StartAsync(client: client =>
            client.AddOutgoingGrainCallFilter(async context =>
            {
                try
                {
                    await context.Invoke();
                }
                catch (InvalidOperationException)
                {
                    Signals.Note(_log, "failed");
                    await context.Invoke();
                }
            })
        );
        Assert.Equal(8, await cluster.Client.GetGrain<IFilteredGrain>(_log).DoubleAtTheSecondCall(4));
        Assert.Equal(["failed"], Signals.Noted(_log));
    }

    private IncomingGrainCallFilterDelegate Noting(string name) =>
        async context =>
        {
            var isOurs = context.InterfaceMethod.Name == nameof(IFilteredGrain.Double);
            if (isOurs)
                Signals.Note(_log, $"{name} in");
            await context.Invoke();
            if (isOurs)
                Signals.Note(_log, $"{name} out");
        };
}

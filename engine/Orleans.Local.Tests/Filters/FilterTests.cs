using Interop.TestServers;
using Microsoft.Extensions.DependencyInjection;
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

    [Alias("Tick")]
    Task Tick();
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

    public Task Tick()
    {
        this.RegisterGrainTimer(
            () =>
            {
                Signals.Note(this.GetPrimaryKeyString(), "tick");
                return Task.CompletedTask;
            },
            TimeSpan.Zero,
            Timeout.InfiniteTimeSpan
        );
        return Task.CompletedTask;
    }

    public Task<int> DoubleThrough(string other, int number) => GrainFactory.GetGrain<IFilteredGrain>(other).Double(number);
}

/// <summary>Adds a number to the results of <see cref="IFilteredGrain.Double"/>, on the way in or on the way out.</summary>
public sealed class AddingFilter(Addend addend) : IIncomingGrainCallFilter, IOutgoingGrainCallFilter
{
    public Task Invoke(IIncomingGrainCallContext context) => AddAsync(context);

    public Task Invoke(IOutgoingGrainCallContext context) => AddAsync(context);

    private async Task AddAsync(IGrainCallContext context)
    {
        await context.Invoke();
        if (context.InterfaceMethod.Name == nameof(IFilteredGrain.Double))
            context.Result = (int)context.Result! + addend.Number;
    }
}

public sealed record Addend(int Number);

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
    public async Task A_filter_that_neither_invokes_the_call_nor_sets_its_result_fails_it()
    {
        await using var incoming = await Cluster.StartAsync(silo =>
            silo.AddIncomingGrainCallFilter(context => IsDouble(context) ? Task.CompletedTask : context.Invoke())
        );
        await Assert.ThrowsAsync<InvalidOperationException>(() => incoming.Client.GetGrain<IFilteredGrain>("a").Double(1));
        await using var outgoing = await Cluster.StartAsync(client: client =>
            client.AddOutgoingGrainCallFilter(context => IsDouble(context) ? Task.CompletedTask : context.Invoke())
        );
        await Assert.ThrowsAsync<InvalidOperationException>(() => outgoing.Client.GetGrain<IFilteredGrain>("a").Double(1));
    }

    [Fact]
    public async Task An_incoming_filter_replaces_an_exception_only_by_a_result()
    {
        await using var cluster = await Cluster.StartAsync(silo =>
            silo.AddIncomingGrainCallFilter(async context =>
            {
                try
                {
                    await context.Invoke();
                }
                catch (InvalidOperationException)
                {
                    Signals.Note(_log, "caught");
                    if (context.TargetId.Key.ToString() == "replaced")
                        context.Result = 7;
                }
            })
        );
        await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Client.GetGrain<IFilteredGrain>("kept").DoubleAtTheSecondCall(4));
        Assert.Equal(7, await cluster.Client.GetGrain<IFilteredGrain>("replaced").DoubleAtTheSecondCall(4));
        Assert.Equal(["caught", "caught"], Signals.Noted(_log));
    }

    [Fact]
    public async Task An_incoming_filter_may_repeat_a_call_and_the_filters_after_it_run_again()
    {
        await using var cluster = await Cluster.StartAsync(silo =>
            silo.AddIncomingGrainCallFilter(async context =>
                {
                    await context.Invoke();
                    if (IsDouble(context))
                        await context.Invoke();
                })
                .AddIncomingGrainCallFilter(Noting("second"))
        );
        Assert.Equal(2, await cluster.Client.GetGrain<IFilteredGrain>("a").Double(1));
        Assert.Equal(["second in", "second out", "second in", "second out"], Signals.Noted(_log));
    }

    [Fact]
    public async Task An_incoming_filter_knows_the_caller_the_grain_and_the_interface()
    {
        await using var cluster = await Cluster.StartAsync(silo =>
            silo.AddIncomingGrainCallFilter(async context =>
            {
                if (IsDouble(context))
                {
                    Signals.Note(_log, context.SourceId is { } source ? source.Key.ToString() : "none");
                    Signals.Note(_log, $"{context.TargetId == context.TargetContext.GrainId}");
                    Signals.Note(_log, $"{context.InterfaceType} {context.Request.GetInterfaceType().Name}");
                }

                await context.Invoke();
            })
        );
        await cluster.Client.GetGrain<IFilteredGrain>("one").DoubleThrough("two", 4);
        Assert.Equal(["one", "True", "tests.filtered IFilteredGrain"], Signals.Noted(_log));
    }

    [Fact]
    public async Task Ticks_of_timers_pass_the_incoming_filters()
    {
        await using var cluster = await Cluster.StartAsync(silo =>
            silo.AddIncomingGrainCallFilter(async context =>
            {
                var isTick = context.InterfaceName == "IGrainTimerInvoker" && context.Grain is FilteredGrain;
                if (isTick)
                    Signals.Note(_log, $"{context.MethodName} in");
                await context.Invoke();
                if (isTick)
                    Signals.Note(_log, "out");
            })
        );
        await cluster.Client.GetGrain<IFilteredGrain>(_log).Tick();
        await Eventually.Is(() => Signals.Noted(_log).Length >= 3, "the tick has passed the filter");
        Assert.Equal(["InvokeCallbackAsync in", "tick", "out"], Signals.Noted(_log));
    }

    [Fact]
    public async Task Filters_are_added_as_objects_types_and_delegates()
    {
        await using var cluster = await Cluster.StartAsync(
            silo =>
            {
                silo.Services.AddSingleton(new Addend(1));
                silo.AddIncomingGrainCallFilter<AddingFilter>().AddIncomingGrainCallFilter(new AddingFilter(new Addend(10)));
                silo.AddOutgoingGrainCallFilter<AddingFilter>().AddOutgoingGrainCallFilter(new AddingFilter(new Addend(100)));
            },
            client =>
            {
                client.Services.AddSingleton(new Addend(1_000));
                client.AddOutgoingGrainCallFilter<AddingFilter>().AddOutgoingGrainCallFilter(new AddingFilter(new Addend(10_000)));
            }
        );
        Assert.Equal(11_013, await cluster.Client.GetGrain<IFilteredGrain>("a").Double(1));
        Assert.Equal(114, await cluster.Client.GetGrain<IFilteredGrain>("a").DoubleThrough("b", 1));
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

    private static bool IsDouble(IGrainCallContext context) => context.InterfaceMethod.Name == nameof(IFilteredGrain.Double);

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

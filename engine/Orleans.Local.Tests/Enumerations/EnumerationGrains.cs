using System.Runtime.CompilerServices;
using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Enumerations;

[Alias("tests.enumeration")]
public interface IEnumerationGrain : IGrainWithStringKey
{
    [Alias("Count")]
    IAsyncEnumerable<int> Count(int to, CancellationToken cancellationToken = default);

    /// <summary>An endless enumeration with one item for each signal "name/n".</summary>
    [Alias("OnSignals")]
    IAsyncEnumerable<int> OnSignals(string name, CancellationToken cancellationToken = default);

    [Alias("FailAfter")]
    IAsyncEnumerable<int> FailAfter(int items);

    [Alias("Context")]
    IAsyncEnumerable<string?> Context(string key);

    [Alias("Ping")]
    Task<int> Ping();

    [Alias("Wait")]
    Task Wait(string signal);

    [Alias("End")]
    Task End();
}

public sealed class EnumerationGrain : Grain, IEnumerationGrain
{
    public async IAsyncEnumerable<int> Count(int to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 0; i < to; i++)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return i;
        }
    }

    public async IAsyncEnumerable<int> OnSignals(string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            for (var i = 0; ; i++)
            {
                await Signals.Wait($"{name}/{i}").WaitAsync(cancellationToken);
                yield return i;
            }
        }
        finally
        {
            Signals.Set($"{name}/ended");
        }
    }

    public async IAsyncEnumerable<int> FailAfter(int items)
    {
        for (var i = 0; i < items; i++)
            yield return i;
        await Task.Yield();
        throw new InvalidOperationException("no more");
    }

    public async IAsyncEnumerable<string?> Context(string key)
    {
        yield return RequestContext.Get(key) as string;
        await Task.Yield();
        yield return RequestContext.Get(key) as string;
    }

    public Task<int> Ping() => Task.FromResult(1);

    public Task Wait(string signal) => Signals.Wait(signal);

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Interop.Ingestion.Runs;

namespace Interop.Ingestion.Fetching;

/// <summary>
/// Reads the parts of a run, several at the same time. The pages of one part keep their order. A part that fails does not stop the others:
/// its failure is reported at the end.
/// </summary>
/// <param name="maxParallel">Parts that are read at the same time.</param>
/// <param name="read">The pages of a part.</param>
internal sealed class PartRunner(int maxParallel, Func<RunPart, CancellationToken, IAsyncEnumerable<IncomingPage>> read)
{
    private readonly ConcurrentQueue<(RunPart Part, Exception Reason)> _failures = [];

    /// <summary>Parts that could not be read to their end, and why.</summary>
    public IReadOnlyCollection<(RunPart Part, Exception Reason)> Failures => _failures;

    /// <summary>The pages of all parts, as they come.</summary>
    public async IAsyncEnumerable<IncomingPage> ReadAsync(
        IReadOnlyCollection<RunPart> parts,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var waiting = new ConcurrentQueue<RunPart>(parts);
        var pages = Channel.CreateBounded<IncomingPage>(1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var workers = Enumerable
            .Range(0, Math.Min(maxParallel, parts.Count))
            .Select(_ => Task.Run(() => WorkAsync(waiting, pages.Writer, stop.Token), CancellationToken.None))
            .ToArray();
        var completing = CompleteAsync(workers, pages.Writer);
        try
        {
            await foreach (var page in pages.Reader.ReadAllAsync(cancellationToken))
                yield return page;
        }
        finally
        {
            await stop.CancelAsync();
            await completing;
            while (pages.Reader.TryRead(out var page))
                page.Dispose();
        }
    }

    private async Task WorkAsync(ConcurrentQueue<RunPart> waiting, ChannelWriter<IncomingPage> pages, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested && waiting.TryDequeue(out var part))
        {
            try
            {
                await foreach (var page in read(part, cancellationToken).WithCancellation(cancellationToken))
                    await HandOverAsync(page, pages, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                _failures.Enqueue((part, e));
            }
        }
    }

    private static async Task HandOverAsync(IncomingPage page, ChannelWriter<IncomingPage> pages, CancellationToken cancellationToken)
    {
        try
        {
            await pages.WriteAsync(page, cancellationToken);
        }
        catch
        {
            page.Dispose();
            throw;
        }
    }

    private static async Task CompleteAsync(Task[] workers, ChannelWriter<IncomingPage> pages)
    {
        await Task.WhenAll(workers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        pages.Complete();
    }
}

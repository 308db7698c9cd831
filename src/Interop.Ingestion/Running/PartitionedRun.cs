using System.Runtime.ExceptionServices;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Runs;
using Interop.Storage;

namespace Interop.Ingestion.Running;

/// <summary>
/// Brings every partition of a run to its end: several at the same time, each by a worker on any silo. A partition that fails does not
/// stop the others; it is tried again alone, from its cursor, when they have ended. The run's watermark moves at the end, once.
/// </summary>
/// <param name="maxParallel">Partitions that are worked on at the same time.</param>
/// <param name="retryDelay">The wait before failed partitions are tried again.</param>
internal sealed class PartitionedRun(
    Database database,
    IPartitionWorkers workers,
    RunRecord run,
    RunWaits waits,
    int maxParallel,
    TimeSpan retryDelay,
    TimeProvider time
)
{
    private const int MaxTries = 3;
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseAfterLoss = TimeSpan.FromMilliseconds(200);

    private sealed record Failure(RunPart Part, string Error, string LogError);

    private readonly long _startedAt = time.GetTimestamp();
    private readonly long _settledBefore = run.Fetched + run.Refetched;
    private RunRecord _run = run;
    private ExceptionDispatchInfo? _lost;
    private int _attempt;

    /// <summary>Works on all partitions; calls <paramref name="onAdvanced"/> with the run as it is stored, now and then.</summary>
    /// <exception cref="IngestionException">Partitions failed in every try.</exception>
    /// <exception cref="LeaseLostException">The run has another owner or has ended.</exception>
    public async Task ExecuteAsync(Action<RunRecord> onAdvanced, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = WatchAsync(onAdvanced, stop);
        try
        {
            await ReadAllAsync(stop.Token);
        }
        catch (OperationCanceledException) when (_lost is not null)
        {
            _lost.Throw();
        }
        finally
        {
            await stop.CancelAsync();
            await watching;
        }

        onAdvanced(await EndAsync(cancellationToken));
    }

    private async Task ReadAllAsync(CancellationToken cancellationToken)
    {
        for (var tries = 1; ; )
        {
            // What is done is what the database says: after a crash it may have lost the end of a partition.
            var parts = await database.ReadAsync((session, token) => RunPartStore.ListAsync(session, _run.RunId, token), cancellationToken);
            var undone = parts.FindAll(p => !p.IsDone);
            if (undone.Count == 0)
                return;
            var failures = await ReadAsync(undone, cancellationToken);
            if (failures.Count == 0)
                continue;
            if (tries++ == MaxTries)
            {
                var failed =
                    $"{failures.Count} of {parts.Count} partitions failed {MaxTries} times; the others are stored. {failures[0].Part.Name}";
                throw IngestionException.Upstream($"{failed}: {failures[0].Error}", $"{failed}: {failures[0].LogError}");
            }

            await waits.PauseAsync(retryDelay, $"{failures.Count} partitions are tried again: {failures[0].Error}", cancellationToken);
        }
    }

    /// <summary>Works on partitions, several at the same time, and returns those that failed.</summary>
    private async Task<List<Failure>> ReadAsync(List<RunPart> parts, CancellationToken cancellationToken)
    {
        using var places = new SemaphoreSlim(maxParallel);
        var ended = await Task.WhenAll(
            parts.Select(async part =>
            {
                await places.WaitAsync(cancellationToken);
                try
                {
                    return await waits.WatchWorkAsync(wait => ReadAsync(part, wait, cancellationToken));
                }
                finally
                {
                    places.Release();
                }
            })
        );
        return [.. ended.OfType<Failure>()];
    }

    private async Task<Failure?> ReadAsync(RunPart part, RunWaits.RunWait wait, CancellationToken cancellationToken)
    {
        var key = new PartitionKey(_run.RunId, part.Part);
        var attempt = NextAttempt();
        var retries = 0L;
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var state = await workers.WorkAsync(key, attempt).WaitAsync(cancellationToken);
                waits.AddRetries(Math.Max(0, state.Retries - retries));
                retries = state.Retries;
                wait.Say(state.Waiting);
                switch (state.Status)
                {
                    case PartitionStatus.Done:
                        return null;
                    case PartitionStatus.Failed:
                        return new Failure(part, state.Error ?? "", state.LogError ?? "");
                    case PartitionStatus.Unreachable:
                        await Task.Delay(PauseAfterLoss, time, cancellationToken);
                        break;
                    case PartitionStatus.Lost:
                        await Task.Delay(PauseAfterLoss, time, cancellationToken);
                        (attempt, retries) = (NextAttempt(), 0);
                        break;
                }
            }
        }
        catch
        {
            // A worker that this does not reach stops by itself.
            await workers
                .StopAsync(key)
                .WaitAsync(LongestStop, time, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private PartitionAttempt NextAttempt() => new(_run.Epoch, Interlocked.Increment(ref _attempt));

    /// <summary>Reads the run's progress, which the workers write. Cancels the work when the run is no longer this owner's.</summary>
    private async Task WatchAsync(Action<RunRecord> onAdvanced, CancellationTokenSource stop)
    {
        try
        {
            while (true)
            {
                await Task.Delay(WatchInterval, time, stop.Token);
                var stored = await database.ReadAsync((session, token) => OwnAsync(session, token), stop.Token);
                if (stored.Pages > _run.Pages)
                    onAdvanced(_run = stored with { ResourcesPerSecond = Rate(stored) });
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The partitions have ended.
        }
        catch (Exception e)
        {
            _lost = ExceptionDispatchInfo.Capture(e);
            await stop.CancelAsync();
        }
    }

    private double Rate(RunRecord stored) =>
        Math.Round((stored.Fetched + stored.Refetched - _settledBefore) / Math.Max(time.GetElapsedTime(_startedAt).TotalSeconds, 0.001), 1);

    /// <summary>Moves the watermark. All partitions are done in the database, or the run is interrupted and goes on.</summary>
    private Task<RunRecord> EndAsync(CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await RunStore.FenceAsync(session, _run, token);
                var stored = await OwnAsync(session, token);
                var parts = await RunPartStore.ListAsync(session, _run.RunId, token);
                if (parts.Exists(p => !p.IsDone))
                    throw new PagesLostException(_run.RunId, _run.Pages, stored.Pages);
                var highest = parts.Max(p => p.Cursor);
                var watermark = highest > stored.ServerDate ? stored.ServerDate : highest;
                return await RunStore.AdvanceAsync(
                        session,
                        stored,
                        new PagePosition(parts.Sum(p => p.Expected ?? 0), Watermark: watermark),
                        new PageCounters(),
                        warnings: null,
                        Rate(stored),
                        token
                    ) ?? throw await RunStore.RefusalAsync(session, stored, token);
            },
            cancellationToken
        );

    private async Task<RunRecord> OwnAsync(DbSession session, CancellationToken cancellationToken) =>
        await RunStore.FindAsync(session, _run.RunId, cancellationToken) is { IsActive: true } stored && stored.Epoch == _run.Epoch
            ? stored
            : throw new LeaseLostException(_run.RunId);
}

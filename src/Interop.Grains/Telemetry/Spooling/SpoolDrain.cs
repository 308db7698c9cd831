using Interop.Telemetry.Committing;
using Microsoft.Extensions.Logging;

namespace Interop.Telemetry.Spooling;

/// <summary>Brings what waits in the spool into the database, in order, and asks again for as long as the database is gone.</summary>
internal sealed partial class SpoolDrain(Spool spool, EventStore store, TimeProvider time, ILogger<SpoolDrain> log) : IDisposable
{
    private const int MaxEvents = 2_000;
    private const long BacklogBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CommitThread _commits = new("telemetry drain");
    private readonly Lock _gate = new();
    private (Task<EventVerdict[]> Attempt, SpoolPosition Position)? _straggler;
    private Task _draining = Task.CompletedTask;
    private volatile bool _isMoving;

    /// <summary>The database takes what waits, and has not caught up.</summary>
    public bool IsMoving => _isMoving && spool.Bytes > BacklogBytes;

    public void Start()
    {
        _draining = Task.Run(DrainAllAsync);
        _wake.Release(); // for what the last process left
    }

    /// <summary>Something was added.</summary>
    /// <param name="attempt">The transaction that took too long for it and may still end well.</param>
    /// <param name="position">Where it ends in the spool.</param>
    public void Wake(Task<EventVerdict[]>? attempt, SpoolPosition position)
    {
        if (attempt is not null)
        {
            lock (_gate)
                _straggler = (attempt, position);
        }

        TelemetryMetrics.SpoolHolds(spool.Bytes);
        if (_wake.CurrentCount == 0)
            _wake.Release();
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _draining;
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _commits.Dispose();
        _wake.Dispose();
    }

    private async Task DrainAllAsync()
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync(_stopping.Token);
                await AwaitStragglerAsync();
                var wait = FirstWait;
                while (!spool.IsEmpty)
                {
                    if (_isMoving = await DrainOneAsync())
                    {
                        wait = FirstWait;
                        continue;
                    }

                    await Task.Delay(wait, time, _stopping.Token);
                    wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
                }

                _isMoving = false;
                LogDrained();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // What is left waits for the next process.
        }
    }

    /// <summary>Two transactions over the same events would get in each other's way; and when it ends well, the spool's copy is not needed.</summary>
    private async Task AwaitStragglerAsync()
    {
        (Task<EventVerdict[]> Attempt, SpoolPosition Position) straggler;
        lock (_gate)
        {
            if (_straggler is not { } found)
                return;
            straggler = found;
            _straggler = null;
        }

        try
        {
            var verdicts = await straggler.Attempt.WaitAsync(_stopping.Token);
            spool.Release(straggler.Position.Segment, straggler.Position.End);
            TelemetryMetrics.SpoolHolds(spool.Bytes);
            CountReused(verdicts);
        }
        catch (Exception e) when (!_stopping.IsCancellationRequested)
        {
            LogFailed(e); // it is drained like the rest
        }
    }

    private async Task<bool> DrainOneAsync()
    {
        try
        {
            if (spool.Read(MaxEvents) is not { } chunk)
                return true;
            var verdicts = await _commits.RunAsync(() => store.StoreAsync(chunk.Events, chunk.Rejects, _stopping.Token));
            spool.Release(chunk.Segment, chunk.End);
            TelemetryMetrics.SpoolHolds(spool.Bytes);
            CountReused(verdicts);
            return true;
        }
        catch (Exception e) when (!_stopping.IsCancellationRequested)
        {
            LogFailed(e);
            return false;
        }
    }

    /// <summary>They were accepted unseen, with the database out of reach; they are among the rejects now.</summary>
    private void CountReused(EventVerdict[] verdicts)
    {
        var reused = verdicts.Count(v => v != EventVerdict.Kept);
        TelemetryMetrics.Count("reused", reused);
        if (reused > 0)
            LogReused(reused);
    }

    [LoggerMessage(4121, LogLevel.Warning, "The spool could not be drained; it will be tried again")]
    private partial void LogFailed(Exception e);

    [LoggerMessage(4122, LogLevel.Debug, "The spool is empty")]
    private partial void LogDrained();

    [LoggerMessage(4123, LogLevel.Warning, "{Count} spooled events have the ids of others, or the database refuses them: they are among the rejects")]
    private partial void LogReused(int count);
}

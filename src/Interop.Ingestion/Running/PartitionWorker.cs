using Interop.Fhir.Client;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Leases;
using Interop.Ingestion.Runs;
using Interop.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Ingestion.Running;

/// <summary>
/// Reads and loads one partition of a run, from its last committed page to its end. The run's owner asks for its state again and again;
/// a worker that is not asked any more stops, and so does one whose run has another owner.
/// </summary>
internal sealed partial class PartitionWorker : IAsyncDisposable
{
    private static readonly TimeSpan PauseAfterInterruption = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestFollow = TimeSpan.FromSeconds(1);

    private readonly PartitionKey _key;
    private readonly PartitionAttempt _attempt;
    private readonly RunPipeline _pipeline;
    private readonly Database _database;
    private readonly TimeSpan _silentAfter;
    private readonly TimeProvider _time;
    private readonly ILogger<PartitionWorker> _log;
    private readonly CancellationTokenSource _stop;
    private readonly RunWaits _waits;
    private Task<PartitionState> _work = Task.FromResult(new PartitionState(PartitionStatus.Lost, null, 0));

    public PartitionWorker(
        PartitionKey key,
        PartitionAttempt attempt,
        RunPipeline pipeline,
        Database database,
        IOptions<LeaseOptions> leases,
        TimeProvider time,
        ILogger<PartitionWorker> log
    )
    {
        (_key, _attempt, _pipeline, _database, _time, _log) = (key, attempt, pipeline, database, time, log);
        _silentAfter = leases.Value.SilentAfter + LongestFollow;
        _stop = new CancellationTokenSource(_silentAfter, time);
        _waits = new RunWaits(
            time,
            retry => LogRetry(key.Part, key.RunId, retry.Attempt, retry.MaxAttempts, retry.Delay.TotalSeconds, retry.Failure.LogMessage)
        );
    }

    /// <summary>Whether an attempt is newer than this worker's.</summary>
    public bool IsBefore(PartitionAttempt attempt) => (_attempt.Epoch, _attempt.Number).CompareTo((attempt.Epoch, attempt.Number)) < 0;

    /// <summary>Starts the work in the background.</summary>
    public void Start() => _work = Task.Run(WorkAsync);

    /// <summary>The state when the work ends, when what it waits for changes, or after a second.</summary>
    public async Task<PartitionState> FollowAsync()
    {
        _stop.CancelAfter(_silentAfter);
        var changed = _waits.Changed;
        using var limit = new CancellationTokenSource(LongestFollow, _time);
        await Task.WhenAny(_work, changed, Task.Delay(Timeout.InfiniteTimeSpan, limit.Token));
        return _work.IsCompleted ? await _work : new PartitionState(PartitionStatus.Working, _waits.Describe(), _waits.Retries);
    }

    /// <summary>Stops the work; what was committed stays.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
    }

    private async Task<PartitionState> WorkAsync()
    {
        while (true)
        {
            try
            {
                await ExecuteAsync(_stop.Token);
                return State(PartitionStatus.Done);
            }
            catch (Exception e) when (e is LeaseLostException or OperationCanceledException)
            {
                return State(PartitionStatus.Lost);
            }
            catch (DatabaseException e)
            {
                LogInterrupted(e, _key.Part, _key.RunId, PauseAfterInterruption);
                if (!await PauseAsync())
                    return State(PartitionStatus.Lost);
            }
            catch (FhirRequestException e)
            {
                return State(PartitionStatus.Failed, e.Message, e.LogMessage);
            }
            catch (IngestionException e)
            {
                return State(PartitionStatus.Failed, e.Message, e.LogMessage);
            }
            catch (Exception e)
            {
                LogDefect(e, _key.Part, _key.RunId);
                return State(PartitionStatus.Failed, $"Unexpected {e.GetType().Name}: {e.Message}", $"Unexpected {e.GetType().Name}");
            }
        }
    }

    private PartitionState State(string status, string? error = null, string? logError = null) =>
        new(status, null, _waits.Retries, error, logError);

    private async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var (run, part) = await _database.ReadAsync(
            async (session, token) =>
                (await RunStore.FindAsync(session, _key.RunId, token), await RunPartStore.FindAsync(session, _key.RunId, _key.Part, token)),
            cancellationToken
        );
        if (run is not { IsActive: true } || run.Epoch != _attempt.Epoch || part is null)
            throw new LeaseLostException(_key.RunId);
        if (!part.IsDone)
            await _pipeline.ExecutePartitionAsync(run, part, _waits, cancellationToken);
    }

    private async Task<bool> PauseAsync()
    {
        try
        {
            await _waits.PauseAsync(PauseAfterInterruption, "the database does not take the run's writes", _stop.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(
        2112,
        LogLevel.Warning,
        "Partition {Part} of run {RunId} waits: try {Attempt} of {MaxAttempts} follows after {Seconds:0.0} s. {Reason}"
    )]
    private partial void LogRetry(int part, long runId, int attempt, int maxAttempts, double seconds, string reason);

    [LoggerMessage(2113, LogLevel.Warning, "Partition {Part} of run {RunId} was interrupted by the database; it goes on in {Pause}")]
    private partial void LogInterrupted(Exception e, int part, long runId, TimeSpan pause);

    [LoggerMessage(2114, LogLevel.Error, "Partition {Part} of run {RunId} failed unexpectedly")]
    private partial void LogDefect(Exception e, int part, long runId);
}

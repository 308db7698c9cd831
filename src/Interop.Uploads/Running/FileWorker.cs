using System.Text.Json;
using Interop.Storage;
using Interop.Uploads.Formats;
using Interop.Uploads.Storing;
using Microsoft.Extensions.Logging;

namespace Interop.Uploads.Running;

/// <summary>
/// Submits the rows of one file, page by page, and stores what became of them. Every page commits its rows and counters in one transaction
/// that carries the worker's epoch. A crash repeats at most one page, and submitting a row again changes nothing on the upstream.
/// </summary>
internal sealed partial class FileWorker(
    Guid fileId,
    IReadOnlyDictionary<FileKind, IFileKind> kinds,
    Database database,
    UploadOptions options,
    TimeProvider time,
    ILogger<FileWorker> log
) : IAsyncDisposable
{
    private const int RowsPerPage = 512;
    private const int MostUnknownTerms = 200;
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stopping = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _running;
    private SortedSet<string> _unknownTerms = new(StringComparer.Ordinal);

    public Task Completion => _running ?? Task.CompletedTask;

    /// <summary>Completes at the next change of the file.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    public void Start() => _running = Task.Run(RunAsync);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Completion.ContinueWith(_ => { }, TaskScheduler.Default);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var cancellationToken = _stopping.Token;
        try
        {
            if (await ClaimAsync(cancellationToken) is not { } file)
                return;
            _unknownTerms = new SortedSet<string>(JsonSerializer.Deserialize<string[]>(file.UnknownTerms)!, StringComparer.Ordinal);
            var kind = kinds[file.FileKind];
            using var owned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var heartbeat = ShowLifeAsync(file, owned);
            string status;
            string? error;
            try
            {
                await ClaimRecordsAsync(file, kind, owned.Token);
                (status, error) = await SubmitAsync(file, kind, owned.Token);
            }
            finally
            {
                await owned.CancelAsync();
                await heartbeat;
            }
            await database.WriteAsync(
                (session, token) =>
                    FileStore.SetStatusAsync(
                        session,
                        fileId,
                        file.Epoch,
                        [FileStatus.Running],
                        status,
                        error,
                        status == FileStatus.Waiting ? null : time.GetUtcNow(),
                        token
                    ),
                cancellationToken
            );
            LogEnded(fileId, status);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The host stops: the next owner continues after the last committed page.
        }
        catch (Exception e) when (e is LostOwnershipException or OperationCanceledException)
        {
            LogLost(fileId);
        }
        catch (Exception e)
        {
            // The file stays RUNNING: the grain's reminder starts a worker again.
            LogFailed(fileId, e);
        }
        finally
        {
            Notify();
        }
    }

    /// <summary>Waits while another owner shows itself; null when the file has nothing left to do.</summary>
    private async Task<FileRecord?> ClaimAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = time.GetUtcNow();
            var (claimed, found) = await database.WriteAsync(
                async (session, token) =>
                    (
                        await FileStore.ClaimAsync(session, fileId, now, now - options.SilenceLimit, token),
                        await FileStore.FindAsync(session, fileId, token)
                    ),
                cancellationToken
            );
            if (claimed is not null || found is not { Status: FileStatus.Running })
                return claimed;
            await Task.Delay(options.SilenceLimit / 3, time, cancellationToken);
        }
    }

    /// <summary>Decides for each received row whether an earlier line or another file has the same record.</summary>
    private async Task ClaimRecordsAsync(FileRecord file, IFileKind kind, CancellationToken cancellationToken)
    {
        for (var after = 0L; ; )
        {
            var rows = await database.ReadAsync(
                (session, token) => RowStore.ReadAsync(session, fileId, RowStatus.Received, after, RowsPerPage, token),
                cancellationToken
            );
            if (rows.Count == 0)
                return;
            after = rows[^1].Line;
            var keys = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (var row in rows)
                keys.TryAdd(kind.RecordKey(row.Fields)!, row.Line);
            await database.WriteAsync(
                async (session, token) =>
                {
                    var owned = await RecordKeyStore.ClaimAsync(session, fileId, keys, token);
                    using var batch = new RowBatch(RowStore.Shape);
                    var duplicates = 0;
                    foreach (var row in rows)
                    {
                        var key = kind.RecordKey(row.Fields)!;
                        var isOwner = keys[key] == row.Line && owned.Contains(key);
                        duplicates += isOwner ? 0 : 1;
                        RowStore.Append(
                            batch,
                            file.FileId,
                            row.Line,
                            isOwner ? RowStatus.Pending : RowStatus.Duplicate,
                            row.Fields,
                            null,
                            null,
                            row.Attempts,
                            time.GetUtcNow()
                        );
                    }
                    var change = new CounterChange
                    {
                        Received = -rows.Count,
                        Pending = rows.Count - duplicates,
                        Duplicates = duplicates,
                    };
                    await FileStore.ChangeAsync(session, fileId, file.Epoch, change, null, time.GetUtcNow(), token);
                    await session.BulkUpsertAsync(batch, UpsertRule.Replace, token);
                },
                cancellationToken
            );
            Notify();
        }
    }

    private async Task<(string Status, string? Error)> SubmitAsync(FileRecord file, IFileKind kind, CancellationToken cancellationToken)
    {
        var submitter = kind.Submitter(file.Profile);
        for (var after = 0L; ; )
        {
            var rows = await database.ReadAsync(
                (session, token) => RowStore.ReadAsync(session, fileId, RowStatus.Pending, after, RowsPerPage, token),
                cancellationToken
            );
            if (rows.Count == 0)
                return (FileStatus.Completed, null);
            if (submitter.NotConfigured is { } missing)
                return (FileStatus.Waiting, missing);
            after = rows[^1].Line;
            if (await SubmitPageAsync(file, kind, submitter, rows, cancellationToken) is { } stop)
                return (FileStatus.Failed, stop);
        }
    }

    /// <summary>Submits a page until each row has its outcome. Returns the reason when the upstream refuses every row.</summary>
    private async Task<string?> SubmitPageAsync(
        FileRecord file,
        IFileKind kind,
        IRowSubmitter submitter,
        IReadOnlyList<FileRow> rows,
        CancellationToken cancellationToken
    )
    {
        var firstFailure = (long?)null;
        for (var attempt = 1; rows.Count > 0; attempt++)
        {
            var outcomes = new Dictionary<long, RowOutcome>();
            string? stop = null;
            using var stopped = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            try
            {
                await Parallel.ForEachAsync(
                    submitter.Group(rows),
                    new ParallelOptions { MaxDegreeOfParallelism = submitter.Parallelism, CancellationToken = stopped.Token },
                    async (group, token) =>
                    {
                        var results = await submitter.SubmitAsync(group, token);
                        lock (outcomes)
                        {
                            for (var i = 0; i < group.Count; i++)
                                outcomes[group[i].Line] = results[i];
                            stop ??= results.FirstOrDefault(result => result.Kind == OutcomeKind.Stop)?.Error;
                        }
                        if (stop is not null)
                            await stopped.CancelAsync();
                    }
                );
            }
            catch (OperationCanceledException) when (stop is not null && !cancellationToken.IsCancellationRequested)
            {
                // Rows without an outcome stay pending.
            }

            var waits = rows.Where(row => outcomes.TryGetValue(row.Line, out var outcome) && outcome.Kind == OutcomeKind.Unavailable)
                .ToArray();
            if (waits.Length > 0)
                firstFailure ??= time.GetTimestamp();
            var givesUp = waits.Length > 0 && time.GetElapsedTime(firstFailure!.Value) >= options.OutageLimit;
            await CommitAsync(file, kind, rows, outcomes, givesUp, cancellationToken);
            if (stop is not null)
                return stop;
            if (givesUp)
                return null;
            rows = waits;
            if (rows.Count == 0)
                return null;
            var delay = TimeSpan.FromTicks(Math.Min(MaxDelay.Ticks, options.RetryDelay.Ticks << Math.Min(attempt - 1, 10)));
            var asked = waits.Max(row => outcomes[row.Line].RetryAfter) ?? TimeSpan.Zero;
            LogUnavailable(fileId, rows.Count, outcomes[rows[0].Line].Error);
            await Task.Delay(asked > delay ? asked : delay, time, cancellationToken);
        }
        return null;
    }

    private async Task CommitAsync(
        FileRecord file,
        IFileKind kind,
        IReadOnlyList<FileRow> rows,
        Dictionary<long, RowOutcome> outcomes,
        bool givesUp,
        CancellationToken cancellationToken
    )
    {
        using var batch = new RowBatch(RowStore.Shape);
        int succeeded = 0,
            failed = 0;
        foreach (var row in rows)
        {
            if (
                !outcomes.TryGetValue(row.Line, out var outcome)
                || outcome.Kind == OutcomeKind.Stop
                || (outcome.Kind == OutcomeKind.Unavailable && !givesUp)
            )
                continue;
            var isSuccess = outcome.Kind == OutcomeKind.Succeeded;
            succeeded += isSuccess ? 1 : 0;
            failed += isSuccess ? 0 : 1;
            RowStore.Append(
                batch,
                file.FileId,
                row.Line,
                isSuccess ? RowStatus.Succeeded : RowStatus.Failed,
                isSuccess && kind.ErasesData ? null : row.Fields,
                outcome.Outcome,
                outcome.Error,
                row.Attempts + 1,
                time.GetUtcNow()
            );
            foreach (var term in outcome.UnknownTerms ?? [])
            {
                if (_unknownTerms.Count < MostUnknownTerms)
                    _unknownTerms.Add(term);
            }
        }
        if (batch.Count == 0)
            return;
        var unknownTerms = _unknownTerms.Count == 0 ? null : JsonSerializer.Serialize(_unknownTerms);
        var change = new CounterChange
        {
            Pending = -batch.Count,
            Succeeded = succeeded,
            Failed = failed,
        };
        await database.WriteAsync(
            async (session, token) =>
            {
                await FileStore.ChangeAsync(session, fileId, file.Epoch, change, unknownTerms, time.GetUtcNow(), token);
                await session.BulkUpsertAsync(batch, UpsertRule.Replace, token);
            },
            cancellationToken
        );
        Notify();
    }

    /// <summary>
    /// Shows that the owner lives, three times within the silence limit. When that fails for two thirds of it, or the file has another
    /// owner, the work is cancelled: what was sent before has the last third to arrive, before another owner may begin.
    /// </summary>
    private async Task ShowLifeAsync(FileRecord file, CancellationTokenSource owned)
    {
        var period = options.SilenceLimit / 3;
        var shown = time.GetTimestamp();
        while (!owned.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(period, time, owned.Token);
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(owned.Token);
                limit.CancelAfter(period);
                await database.WriteAsync(
                    (session, token) =>
                        FileStore.ChangeAsync(session, fileId, file.Epoch, new CounterChange(), null, time.GetUtcNow(), token),
                    limit.Token
                );
                shown = time.GetTimestamp();
            }
            catch (Exception) when (owned.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is DatabaseException or OperationCanceledException && time.GetElapsedTime(shown) < 2 * period)
            {
                LogNoHeartbeat(fileId, e.Message);
            }
            catch (Exception e)
            {
                LogNoHeartbeat(fileId, e.Message);
                await owned.CancelAsync();
            }
        }
    }

    private void Notify() =>
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    [LoggerMessage(6001, LogLevel.Information, "File {FileId} ended with {Status}")]
    private partial void LogEnded(Guid fileId, string status);

    [LoggerMessage(6002, LogLevel.Information, "File {FileId} has another owner now, or was cancelled")]
    private partial void LogLost(Guid fileId);

    [LoggerMessage(6003, LogLevel.Error, "The worker of file {FileId} failed; it starts again within a minute")]
    private partial void LogFailed(Guid fileId, Exception e);

    [LoggerMessage(6005, LogLevel.Warning, "File {FileId}: the heartbeat could not be written: {Reason}")]
    private partial void LogNoHeartbeat(Guid fileId, string reason);

    [LoggerMessage(6004, LogLevel.Warning, "File {FileId}: {Rows} rows wait, because the upstream is not available: {Reason}")]
    private partial void LogUnavailable(Guid fileId, int rows, string? reason);
}

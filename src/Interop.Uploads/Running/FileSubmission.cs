using System.Text.Json;
using Interop.Storage;
using Interop.Uploads.Formats;
using Interop.Uploads.Storing;
using Microsoft.Extensions.Logging;

namespace Interop.Uploads.Running;

/// <summary>
/// The work on a claimed file: decides which rows are duplicates, submits the others page by page, and stores the outcomes. Every page
/// commits its rows and counters in one transaction that carries the epoch. A crash repeats at most one page, and submitting a row again
/// changes nothing on the upstream.
/// </summary>
/// <param name="changed">Is called after every commit.</param>
internal sealed partial class FileSubmission(
    FileRecord file,
    IFileKind kind,
    Database database,
    UploadOptions options,
    TimeProvider time,
    ILogger log,
    Action changed
) : IDisposable
{
    private const int RowsPerPage = 512;
    private const int MostUnknownTerms = 200;

    private readonly Guid _fileId = Guid.Parse(file.FileId);
    private readonly SortedSet<string> _unknownTerms = new(
        JsonSerializer.Deserialize<string[]>(file.UnknownTerms)!,
        StringComparer.Ordinal
    );

    private readonly RowEncoder _encoder = new(Guid.Parse(file.FileId));

    public void Dispose() => _encoder.Dispose();

    /// <summary>The status of the file after the last row, and the reason when it is not completed.</summary>
    /// <exception cref="LostOwnershipException">The file has another owner, or was cancelled.</exception>
    public async Task<(string Status, string? Error)> RunAsync(CancellationToken cancellationToken)
    {
        await ClaimRecordsAsync(cancellationToken);
        var submitter = kind.Submitter(file.Profile);
        var isPrepared = false;
        for (var after = 0L; ; )
        {
            var rows = await ReadAsync(RowStatus.Pending, after, cancellationToken);
            if (rows.Count == 0)
                return (FileStatus.Completed, null);
            if (submitter.NotConfigured is { } missing)
                return (FileStatus.Waiting, missing);
            if (!isPrepared)
                await submitter.PrepareAsync(cancellationToken);
            isPrepared = true;
            after = rows[^1].Line;
            if (await SubmitPageAsync(submitter, rows, cancellationToken) is { } stop)
                return (FileStatus.Failed, stop);
        }
    }

    private Task<IReadOnlyList<FileRow>> ReadAsync(string status, long after, CancellationToken cancellationToken) =>
        database.ReadAsync((session, token) => RowStore.ReadAsync(session, _fileId, status, after, RowsPerPage, token), cancellationToken);

    /// <summary>Decides for each received row whether an earlier line or another file has the same record.</summary>
    private async Task ClaimRecordsAsync(CancellationToken cancellationToken)
    {
        for (var after = 0L; ; )
        {
            var rows = await ReadAsync(RowStatus.Received, after, cancellationToken);
            if (rows.Count == 0)
                return;
            after = rows[^1].Line;
            var keys = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (var row in rows)
                keys.TryAdd(kind.RecordKey(row.Fields)!, row.Line);
            await database.WriteAsync(
                async (session, token) =>
                {
                    var owned = await RecordKeyStore.ClaimAsync(session, _fileId, keys, token);
                    using var batch = new RowBatch(RowStore.Shape);
                    var duplicates = 0;
                    foreach (var row in rows)
                    {
                        var key = kind.RecordKey(row.Fields)!;
                        var isOwner = keys[key] == row.Line && owned.Contains(key);
                        duplicates += isOwner ? 0 : 1;
                        var status = isOwner ? RowStatus.Pending : RowStatus.Duplicate;
                        _encoder.Append(batch, row.Line, status, row.Fields, null, null, row.Attempts, time.GetUtcNow());
                    }
                    var change = new CounterChange
                    {
                        Received = -rows.Count,
                        Pending = rows.Count - duplicates,
                        Duplicates = duplicates,
                    };
                    await FileStore.ChangeAsync(session, _fileId, file.Epoch, change, null, token);
                    await session.BulkUpsertAsync(batch, UpsertRule.Replace, token);
                },
                cancellationToken
            );
            changed();
        }
    }

    /// <summary>Submits a page until each row has its outcome. Returns the reason when the upstream refuses every row.</summary>
    private async Task<string?> SubmitPageAsync(IRowSubmitter submitter, IReadOnlyList<FileRow> rows, CancellationToken cancellationToken)
    {
        long? firstFailure = null;
        for (var failures = 0; ; )
        {
            var groups = submitter.Group(rows).ToArray();
            var held = await AcquireAsync(groups, cancellationToken);
            var (outcomes, stop) = await SubmitGroupsAsync(
                submitter,
                groups.Where(group => group.LockKey is null || held.Contains(group.LockKey)),
                cancellationToken
            );

            var isUnavailable = outcomes.Values.Any(outcome => outcome.Kind == OutcomeKind.Unavailable);
            if (isUnavailable)
                firstFailure ??= time.GetTimestamp();
            var givesUp = isUnavailable && time.GetElapsedTime(firstFailure!.Value) >= options.OutageLimit;
            var ended = rows.Where(row => outcomes.TryGetValue(row.Line, out var outcome) && IsFinal(outcome, givesUp)).ToArray();
            await CommitAsync(ended, outcomes, held.Count > 0, cancellationToken);
            if (stop is not null)
                return stop;
            rows = [.. rows.Except(ended)];
            if (rows.Count == 0)
                return null;
            failures = isUnavailable ? failures + 1 : 0;
            // Without a failure, the rows wait for another file that works on the same keys.
            var delay = Backoff.Delay(options.RetryDelay, Math.Max(1, failures));
            var asked = outcomes.Values.Max(outcome => outcome.RetryAfter) ?? TimeSpan.Zero;
            if (isUnavailable)
                LogUnavailable(_fileId, rows.Count, outcomes.Values.First(outcome => outcome.Kind == OutcomeKind.Unavailable).Error);
            await Task.Delay(asked > delay ? asked : delay, time, cancellationToken);
        }
    }

    private static bool IsFinal(RowOutcome outcome, bool givesUp) =>
        outcome.Kind switch
        {
            OutcomeKind.Stop => false,
            OutcomeKind.Unavailable => givesUp,
            _ => true,
        };

    private async Task<IReadOnlySet<string>> AcquireAsync(RowGroup[] groups, CancellationToken cancellationToken)
    {
        var keys = groups.Select(group => group.LockKey).OfType<string>().ToArray();
        return keys.Length == 0
            ? new HashSet<string>()
            : await database.WriteAsync(
                (session, token) => GroupLockStore.AcquireAsync(session, _fileId, file.Epoch, keys, options.SilenceLimit, token),
                cancellationToken
            );
    }

    /// <summary>The outcomes by line. After a reason to stop, rows may be without an outcome.</summary>
    private static async Task<(Dictionary<long, RowOutcome> Outcomes, string? Stop)> SubmitGroupsAsync(
        IRowSubmitter submitter,
        IEnumerable<RowGroup> groups,
        CancellationToken cancellationToken
    )
    {
        var outcomes = new Dictionary<long, RowOutcome>();
        string? stop = null;
        using var stopped = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await Parallel.ForEachAsync(
                groups,
                new ParallelOptions { MaxDegreeOfParallelism = submitter.Parallelism, CancellationToken = stopped.Token },
                async (group, token) =>
                {
                    var results = await submitter.SubmitAsync(group, token);
                    lock (outcomes)
                    {
                        for (var i = 0; i < group.Rows.Count; i++)
                            outcomes[group.Rows[i].Line] = results[i];
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
        return (outcomes, stop);
    }

    private async Task CommitAsync(
        FileRow[] rows,
        Dictionary<long, RowOutcome> outcomes,
        bool releasesLocks,
        CancellationToken cancellationToken
    )
    {
        if (rows.Length == 0 && !releasesLocks)
            return;
        using var batch = new RowBatch(RowStore.Shape);
        var succeeded = 0;
        foreach (var row in rows)
        {
            var outcome = outcomes[row.Line];
            var isSuccess = outcome.Kind == OutcomeKind.Succeeded;
            succeeded += isSuccess ? 1 : 0;
            _encoder.Append(
                batch,
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
        var unknownTerms = _unknownTerms.Count == 0 ? null : JsonSerializer.Serialize(_unknownTerms);
        var change = new CounterChange
        {
            Pending = -rows.Length,
            Succeeded = succeeded,
            Failed = rows.Length - succeeded,
        };
        await database.WriteAsync(
            async (session, token) =>
            {
                await FileStore.ChangeAsync(session, _fileId, file.Epoch, change, unknownTerms, token);
                await session.BulkUpsertAsync(batch, UpsertRule.Replace, token);
                if (releasesLocks)
                    await GroupLockStore.ReleaseAsync(session, _fileId, file.Epoch, token);
            },
            cancellationToken
        );
        changed();
    }

    [LoggerMessage(6004, LogLevel.Warning, "File {FileId}: {Rows} rows wait, because the upstream is not available: {Reason}")]
    private partial void LogUnavailable(Guid fileId, int rows, string? reason);
}

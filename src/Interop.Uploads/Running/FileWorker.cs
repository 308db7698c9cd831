using Interop.Storage;
using Interop.Storage.Leases;
using Interop.Uploads.Formats;
using Interop.Uploads.Storing;
using Microsoft.Extensions.Logging;

namespace Interop.Uploads.Running;

/// <summary>
/// Submits the rows of one file and stores the outcomes. While another process owns the file, the worker waits until that process is
/// silent.
/// After a failure it claims the file again and continues after the last committed page.
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
    private readonly CancellationTokenSource _stopping = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _running;
    private long? _epoch;

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
        var failures = 0;
        try
        {
            while (true)
            {
                var begunAt = time.GetTimestamp();
                try
                {
                    await ClaimAndSubmitAsync(cancellationToken);
                    return;
                }
                catch (LostOwnershipException)
                {
                    LogLost(fileId); // the next claim waits for the new owner
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested)
                {
                    failures = time.GetElapsedTime(begunAt) > Backoff.MaxDelay ? 1 : failures + 1;
                    var delay = Backoff.Delay(options.RetryDelay, failures);
                    LogFailed(fileId, delay, e);
                    await Task.Delay(delay, time, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The host stops: the next owner continues after the last committed page.
        }
        finally
        {
            Notify();
        }
    }

    /// <summary>Returns when the file has nothing left to do.</summary>
    /// <exception cref="LostOwnershipException">The file has another owner, or was cancelled.</exception>
    private async Task ClaimAndSubmitAsync(CancellationToken cancellationToken)
    {
        if (await ClaimAsync(cancellationToken) is not { } file)
            return;
        _epoch = file.Epoch;
        using var submission = new FileSubmission(file, kinds[file.FileKind], database, options, time, log, Notify);
        // Two thirds: what was sent before the lease is lost has the last third to arrive, before another owner may begin.
        var keeper = new LeaseKeeper(
            token => database.WriteAsync((session, limit) => FileStore.RenewAsync(session, fileId, file.Epoch, limit), token),
            options.SilenceLimit / 3,
            options.SilenceLimit * 2 / 3,
            time,
            reason => LogNoHeartbeat(fileId, reason)
        );
        (string Status, string? Error) end = (FileStatus.Failed, null);
        if (!await keeper.RunAsync(async token => end = await submission.RunAsync(token), cancellationToken))
            throw new LostOwnershipException(fileId);
        var finishedAt = end.Status == FileStatus.Waiting ? (DateTimeOffset?)null : time.GetUtcNow();
        var ended = await database.WriteAsync(
            (session, token) =>
                FileStore.SetStatusAsync(session, fileId, file.Epoch, [FileStatus.Running], end.Status, end.Error, finishedAt, token),
            cancellationToken
        );
        if (ended is null)
            throw new LostOwnershipException(fileId);
        LogEnded(fileId, end.Status);
    }

    /// <summary>Waits while another owner shows itself; null when the file has nothing left to do.</summary>
    private async Task<FileRecord?> ClaimAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var (claimed, found) = await database.WriteAsync(
                async (session, token) =>
                    (
                        await FileStore.ClaimAsync(session, fileId, _epoch, options.SilenceLimit, token),
                        await FileStore.FindAsync(session, fileId, token)
                    ),
                cancellationToken
            );
            if (claimed is not null || found is not { Status: FileStatus.Running })
                return claimed;
            await Task.Delay(options.SilenceLimit / 3, time, cancellationToken);
        }
    }

    private void Notify() =>
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    [LoggerMessage(6001, LogLevel.Information, "File {FileId} ended with {Status}")]
    private partial void LogEnded(Guid fileId, string status);

    [LoggerMessage(6002, LogLevel.Information, "File {FileId} has another owner now, or was cancelled")]
    private partial void LogLost(Guid fileId);

    [LoggerMessage(6003, LogLevel.Error, "The worker of file {FileId} failed; it continues in {Delay}")]
    private partial void LogFailed(Guid fileId, TimeSpan delay, Exception e);

    [LoggerMessage(6005, LogLevel.Warning, "File {FileId}: the heartbeat could not be written: {Reason}")]
    private partial void LogNoHeartbeat(Guid fileId, string reason);
}

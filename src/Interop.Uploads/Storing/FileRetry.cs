using Interop.Storage;

namespace Interop.Uploads.Storing;

/// <summary>Makes the failed rows of an ended file pending again.</summary>
internal static class FileRetry
{
    private static readonly string[] Ended = [FileStatus.Completed, FileStatus.Failed, FileStatus.Waiting, FileStatus.Cancelled];

    public static async Task RunAsync(DbSession session, Guid fileId, CancellationToken cancellationToken)
    {
        if (await FileStore.SetStatusAsync(session, fileId, null, Ended, FileStatus.Running, null, null, cancellationToken) is not { } file)
            return;
        var rows = await RowStore.RetryAsync(session, fileId, cancellationToken);
        await FileStore.ChangeAsync(
            session,
            fileId,
            file.Epoch,
            new CounterChange { Pending = rows, Failed = -rows },
            null,
            cancellationToken
        );
        // Without a heartbeat, a worker may claim it at once.
        await FileStore.SetStatusAsync(
            session,
            fileId,
            file.Epoch,
            [FileStatus.Running],
            FileStatus.Running,
            null,
            null,
            cancellationToken
        );
    }
}

using System.Collections.Immutable;
using Interop.Storage;
using Interop.Uploads.Running;
using Interop.Uploads.Storing;
using Interop.Uploads.Tm2;
using Microsoft.Extensions.Options;

namespace Interop.Uploads;

/// <inheritdoc cref="IFileQueryGrain"/>
[StatelessWorker]
internal sealed class FileQueryGrain(
    Database database,
    OpenMrsClient openMrs,
    OpenMrsDirectory directory,
    FilePreviewer previewer,
    FailureReport failures,
    IOptions<Tm2Options> tm2
) : Grain, IFileQueryGrain
{
    private const int MostRows = 5000;
    private const int MostFiles = 500;

    public async Task<ImmutableArray<RowState>> ListRows(Guid fileId, string? status, long afterLine, int limit) =>
        [
            .. await database.ReadAsync(
                (session, token) => RowStore.ListAsync(session, fileId, status, afterLine, Math.Min(limit, MostRows), token)
            ),
        ];

    public async Task<ImmutableArray<FileProgress>> ListFiles(int limit) =>
        [.. await database.ReadAsync((session, token) => FileStore.ListNewestAsync(session, Math.Clamp(limit, 1, MostFiles), token))];

    public async Task<FileTotals> GetTotals(FileKind kind) =>
        (await database.ReadAsync((session, token) => FileStore.TotalsAsync(session, kind, token)))!;

    public async Task<OpenMrsState> GetOpenMrs() =>
        new(
            tm2.Value.BaseUrl,
            openMrs.IsConfigured && await openMrs.IsReachableAsync(CancellationToken.None),
            openMrs.Requests,
            directory.PatientsCreated
        );

    public Task<FilePreview> Preview(FileKind kind, FileChunk beginning, string? profile) =>
        previewer.RunAsync(kind, beginning.Bytes, profile, CancellationToken.None);

    public Task<FailedRows?> ReadFailures(Guid fileId, long afterLine) => failures.ReadAsync(fileId, afterLine, CancellationToken.None);
}

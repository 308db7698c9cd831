using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Interop.Health;
using Interop.Ingestion.Exporting;

namespace Interop.Ingestion;

/// <inheritdoc cref="IExportGrain"/>
internal sealed class ExportGrain(ExportReader reader, ExportDirectory directory, TimeProvider time) : Grain, IExportGrain
{
    private const int LinesPerReport = 10_000;

    public IAsyncEnumerable<ExportProgress> Write(ExportRequest request, CancellationToken cancellationToken = default) =>
        WriteAsync(request, cancellationToken).AsNotReady(cancellationToken);

    private async IAsyncEnumerable<ExportProgress> WriteAsync(
        ExportRequest request,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var progress = Channel.CreateUnbounded<ExportProgress>();
        var writing = Task.Run(() => WriteFileAsync(request, progress.Writer, cancellationToken), CancellationToken.None);
        await foreach (var step in progress.Reader.ReadAllAsync(cancellationToken))
            yield return step;
        await writing;
    }

    private async Task WriteFileAsync(ExportRequest request, ChannelWriter<ExportProgress> progress, CancellationToken cancellationToken)
    {
        try
        {
            var path = directory.FreePath(request.RunId, time.GetUtcNow(), $"{request.ResourceType}.db.ndjson");
            await using var file = new NdjsonFile(path);
            await reader.ReadAsync(
                request,
                after: null,
                request.Limit,
                async line =>
                {
                    await file.WriteAsync(line, cancellationToken);
                    if (file.Lines % LinesPerReport == 0)
                        await progress.WriteAsync(new ExportProgress(file.Lines, null), cancellationToken);
                    return true;
                },
                cancellationToken
            );
            await file.CompleteAsync(cancellationToken);
            await progress.WriteAsync(new ExportProgress(file.Lines, path), cancellationToken);
        }
        finally
        {
            progress.Complete();
        }
    }
}

namespace Interop.Ingestion;

/// <summary>Writes one export to a file on the silo's machine; the caller makes up a key per export.</summary>
[Alias("Interop.IExportGrain")]
public interface IExportGrain : IGrainWithGuidKey
{
    /// <summary>Writes the file and reports the progress; the last item has the path.</summary>
    [Alias("Write")]
    IAsyncEnumerable<ExportProgress> Write(ExportRequest request, CancellationToken cancellationToken = default);
}

/// <summary>The progress of an export.</summary>
/// <param name="Count">Lines written so far.</param>
/// <param name="Path">The finished file; null while it is being written.</param>
[GenerateSerializer, Immutable, Alias("Interop.ExportProgress")]
public sealed record ExportProgress(long Count, string? Path);

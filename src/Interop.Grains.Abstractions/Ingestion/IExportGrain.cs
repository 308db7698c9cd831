namespace Interop.Ingestion;

/// <summary>Writes one export to a file beside the database's host; the key is made up by the caller, one per export.</summary>
[Alias("Interop.IExportGrain")]
public interface IExportGrain : IGrainWithGuidKey
{
    /// <summary>Writes the file and tells how far it is, ending with the path.</summary>
    [Alias("Write")]
    IAsyncEnumerable<ExportProgress> Write(ExportRequest request, CancellationToken cancellationToken = default);
}

/// <param name="Count">Lines written so far.</param>
/// <param name="Path">The finished file; null while it is being written.</param>
[GenerateSerializer, Immutable, Alias("Interop.ExportProgress")]
public sealed record ExportProgress(long Count, string? Path);

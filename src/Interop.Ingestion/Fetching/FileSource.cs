using System.Globalization;
using System.Runtime.CompilerServices;
using Interop.Fhir.Files;
using Interop.Ingestion.Runs;
using Interop.Storage;

namespace Interop.Ingestion.Fetching;

/// <summary>
/// The resources of files of this machine: NDJSON, Bundles or single resources, gzipped or not, in a folder and all folders under it. A
/// resumed run continues after the last committed resource of each file.
/// </summary>
internal sealed class FileSource(Database database, RunRecord run, int pageSize) : IPageSource
{
    private const int FailuresShown = 5;

    private readonly string _root = run.FilesPath!;

    public async IAsyncEnumerable<IncomingPage> PagesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var parts = await database.WriteAsync(PartsAsync, cancellationToken);
        // One file after the other: where two files have the same resource, the later file decides.
        var runner = new PartRunner(1, ReadAsync);
        await foreach (var page in runner.ReadAsync([.. parts.Where(p => !p.IsDone)], cancellationToken))
            yield return page;
        if (runner.Failures.Count == 0)
            yield break;
        var reasons = runner.Failures.Take(FailuresShown).Select(f => $"{f.Part.Name}: {f.Reason.Message}");
        throw new IngestionException(
            $"{runner.Failures.Count} of {parts.Count} files could not be read to their end; what was read is stored. {string.Join("; ", reasons)}",
            RunFailure.Source
        );
    }

    /// <summary>The files as they were when the run began.</summary>
    private async Task<List<RunPart>> PartsAsync(DbSession session, CancellationToken cancellationToken)
    {
        await RunStore.FenceAsync(session, run, cancellationToken);
        var known = await RunPartStore.ListAsync(session, run.RunId, cancellationToken);
        if (known.Count > 0)
            return known;
        var parts = FileListing
            .Of(_root)
            .Select(
                (name, i) =>
                    new RunPart
                    {
                        Part = i + 1,
                        Kind = RunPartKind.File,
                        Name = name,
                        Fingerprint = FingerprintOf(new FileInfo(FileListing.PathOf(_root, name))),
                    }
            )
            .ToList();
        if (parts.Count == 0)
            throw new IngestionException($"{_root} has no file that ends in {FileListing.Endings}", RunFailure.Source);
        await RunPartStore.InsertAsync(session, run.RunId, parts, cancellationToken);
        return parts;
    }

    private async IAsyncEnumerable<IncomingPage> ReadAsync(RunPart part, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var file = new FileInfo(FileListing.PathOf(_root, part.Name));
        if (!file.Exists)
            throw new FileNotFoundException("the file is gone");
        if (part.Position > 0 && FingerprintOf(file) != part.Fingerprint)
            throw new IOException(
                $"the file was changed after its first {part.Position} resources were stored: start a new run when this one has ended"
            );
        var pages = new ResourcePages(part, part.Name, run.ResourceType, skipsOthers: true, FileListing.IsNdjson(part.Name), pageSize);
        await foreach (var page in pages.ReadAsync(ResourceFile.Open(file), cancellationToken))
            yield return page;
    }

    private static string FingerprintOf(FileInfo file) =>
        file.Exists ? string.Create(CultureInfo.InvariantCulture, $"{file.Length} bytes, {file.LastWriteTimeUtc:O}") : "";
}

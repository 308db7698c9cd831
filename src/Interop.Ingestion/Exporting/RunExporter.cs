using System.Text;
using Interop.Ingestion.DeadLetters;
using Interop.Ingestion.Resources;
using Interop.Ingestion.Runs;
using Interop.Storage;
using Microsoft.Extensions.Options;

namespace Interop.Ingestion.Exporting;

/// <summary>
/// Writes what a run settled to files. It reads the database only: a run that was resumed on another machine needs nothing from the disk of
/// the first one.
/// </summary>
internal sealed class RunExporter(Database database, ExportDirectory directory, IOptions<ExportOptions> options)
{
    /// <summary>
    /// <c>{Type}.raw.ndjson</c> (loaded or dead-lettered, as received), <c>{Type}.valid.ndjson</c>, <c>{Type}.deadletters.ndjson</c>;
    /// returns their folder; null when <see cref="ExportOptions.Enabled"/> is false, or the run settled nothing.
    /// </summary>
    public async Task<string?> WriteRunAsync(RunRecord run, CancellationToken cancellationToken)
    {
        if (!options.Value.Enabled)
            return null;
        // Named by the run's start: a run that is resumed in its last step writes the same files.
        await using var files = new FileSet(() => directory.Create(run.RunId, run.StartedAt), run.ResourceType);
        await database.ReadAsync(
            async (session, token) =>
            {
                await WriteResourcesAsync(session, run, files, token);
                await WriteLettersAsync(session, run, files, token);
            },
            cancellationToken
        );
        await files.CompleteAsync(cancellationToken);
        return files.Path;
    }

    private static async Task WriteResourcesAsync(DbSession session, RunRecord run, FileSet files, CancellationToken cancellationToken)
    {
        var type = ReadOnlyMemory<byte>.Empty;
        (NdjsonFile Raw, NdjsonFile Valid)? ofType = null;
        await ResourceStore.ReadOfRunAsync(
            session,
            run.RunId,
            async (resourceType, raw) =>
            {
                if (ofType is not { } both || !resourceType.Span.SequenceEqual(type.Span))
                {
                    type = resourceType.ToArray();
                    var name = Encoding.UTF8.GetString(type.Span);
                    ofType = both = (files.Of(name, "raw"), files.Of(name, "valid"));
                }

                await both.Raw.WriteAsync(raw, cancellationToken);
                await both.Valid.WriteAsync(raw, cancellationToken);
            },
            cancellationToken
        );
    }

    private static async Task WriteLettersAsync(DbSession session, RunRecord run, FileSet files, CancellationToken cancellationToken)
    {
        await foreach (var row in DeadLetterStore.StreamAsync(session, run, cancellationToken))
        {
            var letter = row.ToMessage();
            if (letter.Raw is { } raw)
                await files.Of(letter.ResourceType, "raw").WriteAsync(raw.Text, cancellationToken);
            await files.Of(letter.ResourceType, "deadletters").WriteAsync(ExportJson.Serialize(letter), cancellationToken);
        }
    }

    /// <summary>The files of a run: none until there is a line, then always three for its own type where it has one, and three for every
    /// other type that it met.</summary>
    private sealed class FileSet(Func<string> createFolder, string ownType) : IAsyncDisposable
    {
        private readonly Dictionary<(string Type, string Kind), NdjsonFile> _files = [];

        /// <summary>Null while there are no files.</summary>
        public string? Path { get; private set; }

        public NdjsonFile Of(string resourceType, string kind)
        {
            if (Path is null)
            {
                Path = createFolder();
                foreach (var own in ownType == RunMode.EveryType ? [] : (string[])["raw", "valid", "deadletters"])
                    Of(ownType, own);
            }

            // The type of a dead letter is text from a server: only letters and digits may become a file name.
            var type = resourceType.Length is > 0 and <= 64 && resourceType.All(char.IsAsciiLetterOrDigit) ? resourceType : "unknown";
            if (!_files.TryGetValue((type, kind), out var file))
                _files.Add((type, kind), file = new NdjsonFile(System.IO.Path.Combine(Path, $"{type}.{kind}.ndjson")));
            return file;
        }

        public async Task CompleteAsync(CancellationToken cancellationToken)
        {
            // Each flush waits for the disk: all at the same time.
            await Task.WhenAll(_files.Values.Select(file => Task.Run(() => file.CompleteAsync(cancellationToken), cancellationToken)));
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var file in _files.Values)
                await file.DisposeAsync();
        }
    }
}

using Interop.Ingestion.Runs;
using Interop.Storage;
using Microsoft.Extensions.Options;

namespace Interop.Ingestion.Exporting;

/// <summary>
/// Writes what a run settled to files, from the database alone, so that a run that was resumed on another machine needs nothing
/// from the first one's disk.
/// </summary>
internal sealed class RunExporter(Database database, ExportDirectory directory, IOptions<ExportOptions> options)
{
    private sealed class Row
    {
        public string ResourceType { get; set; } = "";

        public string Raw { get; set; } = "";
    }

    private sealed class LetterRow
    {
        public long Id { get; set; }

        public string ResourceType { get; set; } = "";

        public string? ResourceId { get; set; }

        public string Stage { get; set; } = "";

        public string Error { get; set; } = "";

        public string Issues { get; set; } = "";

        public string? Raw { get; set; }

        public DateTimeOffset CreatedAt { get; set; }
    }

    /// <summary>
    /// <c>{Type}.raw.ndjson</c> (loaded or dead-lettered, as received), <c>{Type}.valid.ndjson</c>, <c>{Type}.deadletters.ndjson</c>;
    /// returns their folder.
    /// </summary>
    public async Task<string?> WriteRunAsync(RunRecord run, CancellationToken cancellationToken)
    {
        if (!options.Value.Enabled)
            return null;
        // Named by the run's start, so that a run that is resumed in its last step writes the same files.
        var path = directory.Create(run.RunId, run.StartedAt);
        await using var files = new FileSet(path, run.ResourceType);
        await database.ReadAsync(
            async (session, token) =>
            {
                await WriteResourcesAsync(session, run, files, token);
                await WriteLettersAsync(session, run, files, token);
            },
            cancellationToken);
        await files.CompleteAsync(cancellationToken);
        return path;
    }

    private static async Task WriteResourcesAsync(DbSession session, RunRecord run, FileSet files, CancellationToken token)
    {
        const string Sql = "SELECT resource_type, raw FROM resources WHERE run_id = @RunId AND deleted_at IS NULL";
        await foreach (var row in session.StreamAsync<Row>(Sql, new { run.RunId }, token))
        {
            await files.Of(row.ResourceType, "raw").WriteAsync(row.Raw, token);
            await files.Of(row.ResourceType, "valid").WriteAsync(row.Raw, token);
        }
    }

    private static async Task WriteLettersAsync(DbSession session, RunRecord run, FileSet files, CancellationToken token)
    {
        var sql = run.IsReplay
            ? "SELECT id, resource_type, resource_id, stage, error, issues, raw, created_at FROM dead_letters WHERE replayed_by_run_id = @RunId AND NOT resolved ORDER BY id"
            : "SELECT id, resource_type, resource_id, stage, error, issues, raw, created_at FROM dead_letters WHERE run_id = @RunId ORDER BY id";
        await foreach (var row in session.StreamAsync<LetterRow>(sql, new { run.RunId }, token))
        {
            var raw = row.Raw is null ? null : JsonText.FromUnchecked(row.Raw);
            if (raw is not null)
                await files.Of(row.ResourceType, "raw").WriteAsync(raw.Text, token);
            var letter = new DeadLetter(
                row.Id, row.ResourceType, row.ResourceId, row.Stage, row.Error, new JsonText(row.Issues), row.CreatedAt, Resolved: false, raw);
            await files.Of(row.ResourceType, "deadletters").WriteAsync(ExportJson.Serialize(letter), token);
        }
    }

    /// <summary>The files of a run: the three of its own type always, those of other types as they come.</summary>
    private sealed class FileSet : IAsyncDisposable
    {
        private readonly string _path;
        private readonly Dictionary<(string Type, string Kind), NdjsonFile> _files = [];

        public FileSet(string path, string resourceType)
        {
            _path = path;
            foreach (var kind in (string[])["raw", "valid", "deadletters"])
                Of(resourceType, kind);
        }

        public NdjsonFile Of(string resourceType, string kind)
        {
            // A dead letter's type is whatever a server wrote; only letters and digits make a file name.
            var type = resourceType.Length is > 0 and <= 64 && resourceType.All(char.IsAsciiLetterOrDigit) ? resourceType : "unknown";
            if (!_files.TryGetValue((type, kind), out var file))
                _files.Add((type, kind), file = new NdjsonFile(Path.Combine(_path, $"{type}.{kind}.ndjson")));
            return file;
        }

        public async Task CompleteAsync(CancellationToken cancellationToken)
        {
            foreach (var file in _files.Values)
                await file.CompleteAsync(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var file in _files.Values)
                await file.DisposeAsync();
        }
    }
}

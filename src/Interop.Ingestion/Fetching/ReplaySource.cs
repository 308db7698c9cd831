using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Interop.Fhir.Client;
using Interop.Ingestion.Runs;
using Interop.Storage;

namespace Interop.Ingestion.Fetching;

/// <summary>The dead letters of a run as pages, oldest first: every stage replays from the stored FHIR JSON.</summary>
internal sealed class ReplaySource(Database database, RunRecord run, int pageSize) : IPageSource
{
    private sealed class Row
    {
        public long Id { get; set; }

        public string Raw { get; set; } = "";
    }

    public async IAsyncEnumerable<IncomingPage> PagesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var cursor = run.ReplayCursor;
        while (true)
        {
            var rows = await database.ReadAsync(
                (session, token) => session.QueryAsync<Row>(
                    """
                    SELECT id, raw FROM dead_letters
                    WHERE run_id = @of AND stage = @stage AND NOT resolved AND raw IS NOT NULL AND id > @cursor AND id <= @until
                    ORDER BY id LIMIT @pageSize
                    """,
                    new { of = run.ReplayOfRunId, stage = run.ReplayStage, cursor, until = run.ReplayUntil ?? 0, pageSize },
                    token),
                cancellationToken);
            if (rows.Count == 0)
                yield break;
            cursor = rows[^1].Id;
            yield return new IncomingPage([.. rows.Select(Read)]) { ReplayCursor = cursor, Total = run.ReplaySourceCount - run.ReplayMissingRaw };
        }
    }

    private IncomingResource Read(Row row)
    {
        var raw = Encoding.UTF8.GetBytes(row.Raw);
        try
        {
            var header = ResourceHeader.Read(raw);
            return header.ResourceType is null
                ? Malformed(row, raw, header, "the stored JSON has no resourceType")
                : new IncomingResource(raw, header, EntryKind.Match, LetterId: row.Id);
        }
        catch (JsonException e)
        {
            return Malformed(row, raw, default, $"the stored text is not JSON: {e.Message}");
        }
    }

    private static IncomingResource Malformed(Row row, byte[] raw, ResourceHeader header, string problem) =>
        new(raw, header, EntryKind.Malformed, problem, row.Id);
}

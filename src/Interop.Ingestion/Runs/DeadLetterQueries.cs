using System.Collections.Immutable;
using Interop.Storage;

namespace Interop.Ingestion.Runs;

/// <summary>What the front end asks about dead letters.</summary>
internal static class DeadLetterQueries
{
    private sealed class Row
    {
        public long Id { get; set; }

        public string ResourceType { get; set; } = "";

        public string? ResourceId { get; set; }

        public string Stage { get; set; } = "";

        public string Error { get; set; } = "";

        public string Issues { get; set; } = "[]";

        public DateTimeOffset CreatedAt { get; set; }

        public bool Resolved { get; set; }

        public string? Raw { get; set; }
    }

    /// <summary>The condition for a run's letters: those it opened, or, for a replay, those it tried and left open.</summary>
    public static string Of(RunRecord run) => run.IsReplay ? "replayed_by_run_id = @RunId AND NOT resolved" : "run_id = @RunId";

    /// <summary>A run's letters, newest first.</summary>
    public static async Task<ImmutableArray<DeadLetter>> ListAsync(
        DbSession session, RunRecord run, string? stage, int limit, bool includeRaw, CancellationToken cancellationToken)
    {
        var rows = await session.QueryAsync<Row>(
            $"""
            SELECT id, resource_type, resource_id, stage, error, issues, created_at, resolved{(includeRaw ? ", raw" : "")} FROM dead_letters
            WHERE {Of(run)} {(stage is null ? "" : "AND stage = @stage")} ORDER BY id DESC LIMIT @limit
            """,
            new { run.RunId, stage, limit },
            cancellationToken);
        return
        [
            .. rows.Select(r => new DeadLetter(
                r.Id,
                r.ResourceType,
                r.ResourceId,
                r.Stage,
                r.Error,
                new JsonText(r.Issues),
                r.CreatedAt,
                r.Resolved,
                r.Raw is null ? null : JsonText.FromUnchecked(r.Raw))),
        ];
    }
}

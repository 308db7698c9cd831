using Interop.Anomaly.Scoring;
using Interop.Storage;

namespace Interop.Anomaly.Alerts;

/// <summary>The table <c>audit_scores</c>: every event with its score. This part stores new events.</summary>
public static partial class AuditEventStore
{
    private static readonly TableShape Shape = new(
        "audit_scores",
        [
            new("source", ColumnType.Text),
            new("number", ColumnType.Integer),
            new("event_id", ColumnType.Text),
            new("version_id", ColumnType.Text),
            new("event_time", ColumnType.Timestamp),
            new("last_updated", ColumnType.Timestamp),
            new("stored_at", ColumnType.Timestamp),
            new("sequence", ColumnType.Integer),
            new("agent", ColumnType.Text),
            new("role", ColumnType.Text),
            new("patient", ColumnType.Text),
            new("kind", ColumnType.Text),
            new("action", ColumnType.Text),
            new("outcome", ColumnType.Text),
            new("address", ColumnType.Text),
            new("resource_type", ColumnType.Text),
            new("purpose", ColumnType.Text),
            new("care", ColumnType.Text),
            new("care_text", ColumnType.Text),
            new("care_flags", ColumnType.Integer),
            new("flags", ColumnType.Integer),
            new("features", ColumnType.Binary),
            new("share", ColumnType.Real),
            new("score", ColumnType.Real),
            new("severity", ColumnType.Text),
            new("predicted_class", ColumnType.Text),
            new("reasons", ColumnType.Text),
            new("class_probs", ColumnType.Text),
            new("model_version", ColumnType.Text),
            new("shadow_version", ColumnType.Text),
            new("shadow_score", ColumnType.Real),
            new("suppressed", ColumnType.Boolean),
            new("raw", ColumnType.Json),
        ],
        ["source", "event_id", "version_id"]
    );

    /// <summary>The stored events among these ids, with their versions and numbers.</summary>
    public static Task<IReadOnlyList<StoredEvent>> FindAsync(
        DbSession session,
        string source,
        IEnumerable<string> ids,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<StoredEvent>(
            session.SelectByKeys("event_id, version_id, number", "audit_scores", "source = @source", "event_id", "@ids"),
            new { source, ids = session.ArrayOf(ids) },
            cancellationToken
        );

    /// <summary>Stores new events. An event that is stored already fails the whole transaction, so the caller checks first.</summary>
    public static async Task AddAsync(
        DbSession session,
        IReadOnlyList<ScoredAccess> accesses,
        long sequence,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        using var rows = new RowBatch(Shape);
        foreach (var access in accesses)
            Append(rows, access, sequence, now);
        await session.BulkUpsertAsync(rows, UpsertRule.Refuse, cancellationToken);
    }

    private static string Severity(AccessVerdict? verdict) =>
        verdict?.Severity switch
        {
            AccessSeverity.High => "HIGH",
            AccessSeverity.Medium => "MEDIUM",
            _ => "LOW",
        };

    private static void Append(RowBatch rows, ScoredAccess access, long sequence, DateTimeOffset now)
    {
        var (e, care, verdict) = (access.Event, access.Care, access.Verdict);
        rows.BeginRow();
        rows.WriteText(access.Source);
        rows.WriteInteger(access.Number);
        rows.WriteText(e.Id);
        rows.WriteText(e.VersionId ?? "");
        rows.WriteTimestamp(e.Time);
        Timestamp(e.LastUpdated);
        rows.WriteTimestamp(now);
        rows.WriteInteger(sequence);
        rows.WriteText(e.Agent);
        rows.WriteText(access.Role);
        rows.WriteText(e.Patient);
        rows.WriteText(KindNames.Of(e.Kind));
        rows.WriteText(e.Action);
        rows.WriteText(e.Outcome);
        rows.WriteText(e.Address);
        rows.WriteText(e.ResourceType);
        rows.WriteText(e.Purpose);
        rows.WriteText(KindNames.Of(care.Link));
        rows.WriteText(care.LinkedBy);
        rows.WriteInteger(CareFlags.Of(care));
        rows.WriteInteger((long)e.Flags);
        rows.WriteBinary(access.Features.Save());
        Real(verdict?.Share);
        Real(verdict?.Score);
        rows.WriteText(Severity(verdict));
        rows.WriteText(verdict is null ? null : AlertJson.Name(verdict.PredictedClass));
        rows.WriteText(AlertJson.Reasons(verdict));
        rows.WriteText(AlertJson.Classes(verdict));
        rows.WriteText(verdict?.ModelVersion);
        rows.WriteText(access.Shadow?.ModelVersion);
        Real(access.Shadow?.Score);
        rows.WriteBoolean(access.IsSuppressed);
        rows.WriteUtf8(access.Raw.Span);

        void Real(double? value)
        {
            if (value is { } given)
                rows.WriteReal(given);
            else
                rows.WriteNull();
        }

        void Timestamp(DateTimeOffset? value)
        {
            if (value is { } given)
                rows.WriteTimestamp(given);
            else
                rows.WriteNull();
        }
    }

    public sealed record StoredEvent(string EventId, string VersionId, long Number);
}

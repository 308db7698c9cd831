using Interop.Anomaly.Scoring;
using Interop.Storage;

namespace Interop.Anomaly.Alerts;

/// <summary>Stored events for the training of models, and scores for events that were stored without one.</summary>
public static partial class AuditEventStore
{
    /// <summary>Features of stored events to train on, confirmed anomalies left out: at most the limit, spread evenly.</summary>
    public static IAsyncEnumerable<TrainingRow> TrainingRowsAsync(DbSession session, long step, CancellationToken cancellationToken) =>
        session.StreamAsync<TrainingRow>(
            """
            SELECT e.event_time, e.features FROM audit_scores e LEFT JOIN alert_feedback f ON f.source = e.source AND f.number = e.number
            WHERE e.number % @step = 0 AND (f.verdict IS NULL OR f.verdict <> 'confirmed')
            """,
            new { step },
            cancellationToken
        );

    public static Task<long> CountAsync(DbSession session, CancellationToken cancellationToken) =>
        session.ScalarAsync<long>("SELECT COUNT(*) FROM audit_scores", null, cancellationToken);

    public static Task<long> CountUnscoredAsync(DbSession session, CancellationToken cancellationToken) =>
        session.ScalarAsync<long>("SELECT COUNT(*) FROM audit_scores WHERE model_version IS NULL", null, cancellationToken);

    /// <summary>Events that no model has scored, with what a score needs, from behind (source, number) on.</summary>
    public static Task<IReadOnlyList<UnscoredRow>> UnscoredAsync(
        DbSession session,
        string source,
        long number,
        int limit,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<UnscoredRow>(
            """
            SELECT source, number, event_id, event_time, agent, patient, kind, action, outcome, care, care_flags, flags, features
            FROM audit_scores
            WHERE model_version IS NULL AND (source, number) > (@source, @number) ORDER BY source, number LIMIT @limit
            """,
            new
            {
                source,
                number,
                limit,
            },
            cancellationToken
        );

    /// <summary>Stores the score of an unscored event. False: it has a score already.</summary>
    public static async Task<bool> ScoreAsync(
        DbSession session,
        string source,
        long number,
        AccessVerdict verdict,
        bool isSuppressed,
        CancellationToken cancellationToken
    ) =>
        await session.ExecuteAsync(
            """
            UPDATE audit_scores SET share = @share, score = @score, severity = @severity, predicted_class = @predicted, reasons = @reasons,
                class_probs = @classes, model_version = @version, suppressed = @isSuppressed
            WHERE source = @source AND number = @number AND model_version IS NULL
            """,
            new
            {
                source,
                number,
                share = verdict.Share,
                score = verdict.Score,
                severity = Severity(verdict),
                predicted = AlertJson.Name(verdict.PredictedClass),
                reasons = AlertJson.Reasons(verdict),
                classes = AlertJson.Classes(verdict),
                version = verdict.ModelVersion,
                isSuppressed,
            },
            cancellationToken
        ) > 0;

    public sealed record TrainingRow(DateTimeOffset EventTime, byte[] Features);
}

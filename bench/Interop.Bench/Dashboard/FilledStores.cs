using Interop.Storage;
using Interop.Storage.Connections;

namespace Interop.Bench.Dashboard;

/// <summary>Fills a migrated database with a long history, with a few statements of each dialect.</summary>
internal static class FilledStores
{
    private const int Types = 4;
    private const int Agents = 320;
    private const int HistorySeconds = 30 * 24 * 3600;

    /// <summary>Runs of the last 30 days: 1 of 100 failed.</summary>
    public static Task AddRunsAsync(string connection, int count) =>
        ExecuteAsync(
            connection,
            dialect =>
                $"""
                    INSERT INTO ingestion_runs (source, resource_type, status, started_at, finished_at, job, triggered_by, fetched, upserted, resources_per_second)
                    {Series(dialect, count)}
                    SELECT CASE i % 3 WHEN 0 THEN 'default' WHEN 1 THEN 'north' ELSE 'south' END,
                        CASE i % {Types} WHEN 0 THEN 'Patient' WHEN 1 THEN 'Observation' WHEN 2 THEN 'Encounter' ELSE 'Condition' END,
                        CASE WHEN i % 100 = 7 THEN 'FAILED' ELSE 'SUCCESS' END,
                        {Ago(dialect, count)}, {Ago(dialect, count)}, 'nightly-' || (i % 50), 'schedule', 1000, 10, 812.5
                    FROM s
                    """
        );

    /// <summary>Scored events of the last 30 days: 1 of 100 HIGH, 9 of 100 MEDIUM, 1 of 1,000 suppressed.</summary>
    public static Task AddAlertsAsync(string connection, int count) =>
        ExecuteAsync(
            connection,
            dialect =>
                $"""
                INSERT INTO audit_scores (source, number, event_id, version_id, event_time, last_updated, stored_at, sequence, agent, role, patient, kind, action,
                    outcome, address, resource_type, care, care_flags, flags, features, share, score, severity, predicted_class, reasons, class_probs,
                    model_version, suppressed, raw)
                {Series(dialect, count)}
                SELECT 'hospital', i, 'ae-' || i, '1', {Ago(dialect, count)}, {Ago(dialect, count)}, {Ago(dialect, count)}, i / 1000,
                    'Practitioner/prac-' || (i % {Agents}), 'nurse', 'Patient/pat-' || (i % 20011), 'read', 'R', '0', '10.1.2.3', 'Observation', 'none', 0, 0,
                    {(
                    dialect == SqlDialect.Postgres ? @"'\x00'::bytea" : "x'00'"
                )}, 0.1, 0.2, CASE WHEN i % 100 = 0 THEN 'HIGH' WHEN i % 100 < 10 THEN 'MEDIUM' ELSE 'LOW' END, 'snooping', {Json(
                    dialect,
                    "[]"
                )}, {Json(dialect, "{}")},
                    'forest-1', {(
                    dialect == SqlDialect.Postgres ? "i % 1000 = 0" : "CASE WHEN i % 1000 = 0 THEN 1 ELSE 0 END"
                )}, {(dialect == SqlDialect.Postgres ? "CAST('{}' AS json)" : "'{}'")}
                FROM s
                """
        );

    /// <summary>Dismissals of the oldest alerts above LOW.</summary>
    public static Task AddVerdictsAsync(string connection, int count) =>
        ExecuteAsync(
            connection,
            dialect =>
                $"""
                    INSERT INTO alert_feedback (source, number, verdict, reason, created_at)
                    {Series(dialect, count)}
                    SELECT 'hospital', i * 10, 'dismissed', 'known', {Ago(dialect, count)} FROM s
                    """
        );

    /// <summary>Events of telemetry of the last 30 days.</summary>
    public static Task AddTelemetryAsync(string connection, int count) =>
        ExecuteAsync(
            connection,
            dialect =>
                $"""
                    INSERT INTO telemetry_events (id, event_id, event_type, timestamp_utc, source_system, organization, status, duration_ms, raw_payload, received_at)
                    {Series(dialect, count)}
                    SELECT i, 'event-' || i, 'pd.request.completed', {Ago(
                        dialect,
                        count
                    )}, 'mirth', 'Clinic ' || (i % 20), 'success', i % 900,
                        {(dialect == SqlDialect.Postgres ? "CAST('{}' AS json)" : "'{}'")}, {Ago(dialect, count)}
                    FROM s
                    """
        );

    /// <summary>Uploaded files of the last 30 days.</summary>
    public static Task AddFilesAsync(string connection, int count) =>
        ExecuteAsync(
            connection,
            dialect =>
                $"""
                    INSERT INTO upload_files (file_id, kind, filename, status, unknown_terms, epoch, started_at)
                    {Series(dialect, count)}
                    SELECT '00000000-0000-0000-0000-' || substr(CAST(100000000000 + i AS text), 1, 12), 'fhir', 'people-' || i || '.csv', 'COMPLETED', '[]', 1,
                        {Ago(dialect, count)}
                    FROM s
                    """
        );

    private static async Task ExecuteAsync(string connection, Func<SqlDialect, string> sql)
    {
        await using var database = DatabaseFactory.Open(
            new DatabaseOptions { Connection = connection, CommandTimeout = TimeSpan.FromMinutes(10) }
        );
        await database.WriteAsync((session, token) => session.ExecuteAsync(sql(session.Dialect), null, token));
        await database.WriteAsync((session, token) => session.ExecuteAsync("ANALYZE;", null, token));
    }

    private static string Series(SqlDialect dialect, int count) =>
        dialect == SqlDialect.Postgres
            ? $"WITH s AS (SELECT i FROM generate_series(1, {count}) AS i)"
            : $"WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {count})";

    /// <summary>The instant of row i: the last one is now.</summary>
    private static string Ago(SqlDialect dialect, int count)
    {
        var seconds = $"({count} - i) * {HistorySeconds}.0 / {count}";
        return dialect == SqlDialect.Postgres
            ? $"now() - {seconds} * interval '1 second'"
            : $"strftime('%Y-%m-%dT%H:%M:%f', unixepoch('now', 'subsec') - {seconds}, 'unixepoch') || '0000Z'";
    }

    private static string Json(SqlDialect dialect, string json) => dialect == SqlDialect.Postgres ? $"CAST('{json}' AS text)" : $"'{json}'";
}

using Interop.Storage;

namespace Interop.Grains.Tests.Support;

/// <summary>Everything that a source's runs stored, without generated ids and times, as text that can be compared.</summary>
internal static class StoredState
{
    private sealed record Line(string Text);

    private static readonly (string Name, string Sql)[] Parts =
    [
        (
            "resource",
            """
            SELECT resource_type || '/' || resource_id || ' v' || COALESCE(version_id, '-') || ' ' || content_hash ||
                   CASE WHEN deleted_at IS NULL THEN '' ELSE ' deleted' END AS text
            FROM resources WHERE source = @source
            """
        ),
        ("patient", Row("patients", "family", "given", "gender", "birth_date")),
        (
            "observation",
            Row(
                "observations",
                "patient_id",
                "status",
                "code",
                "code_display",
                "effective_datetime",
                "value_quantity",
                "value_unit",
                "value_string"
            )
        ),
        ("encounter", Row("encounters", "patient_id", "status", "encounter_class", "start", "\"end\"")),
        ("condition", Row("conditions", "patient_id", "clinical_status", "verification_status", "code", "onset", "recorded_date")),
        (
            "letter",
            """
            SELECT resource_type || '/' || COALESCE(resource_id, '-') || ' ' || version_key || ' ' || stage ||
                   CASE WHEN resolved THEN ' resolved' ELSE '' END AS text
            FROM dead_letters WHERE source = @source
            """
        ),
    ];

    /// <summary>A line for each resource, row and dead letter of the source, in order.</summary>
    public static Task<IReadOnlyList<string>> OfAsync(Database database, string source) =>
        database.ReadAsync(
            async (session, token) =>
            {
                var lines = new List<string>();
                foreach (var (name, sql) in Parts)
                {
                    var part = await session.QueryAsync<Line>(sql, new { source }, token);
                    lines.AddRange(part.Select(l => $"{name} {l.Text}").Order(StringComparer.Ordinal));
                }

                return (IReadOnlyList<string>)lines;
            }
        );

    public static Task<long> CountAsync(this Database database, string table, string source, string condition = "1 = 1") =>
        database.ReadAsync(
            (session, token) =>
                session.ScalarAsync<long>($"SELECT COUNT(*) FROM {table} WHERE source = @source AND {condition}", new { source }, token)
        );

    public static Task<T?> ValueAsync<T>(this Database database, string sql, object? args = null) =>
        database.ReadAsync((session, token) => session.ScalarAsync<T>(sql, args, token));

    private static string Row(string table, params string[] columns) =>
        $"SELECT id || {string.Join(" || ", columns.Select(c => $"'|' || COALESCE(CAST({c} AS text), '-')"))} AS text FROM {table} WHERE source = @source";
}

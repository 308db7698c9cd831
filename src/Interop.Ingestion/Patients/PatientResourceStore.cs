using Interop.Ingestion.Views;
using Interop.Patients;
using Interop.Storage;

namespace Interop.Ingestion.Patients;

/// <summary>
/// The resources of a patient: the view tables with a column <c>patient_id</c>, which have an index of it, joined with the raw JSON of
/// <c>resources</c>.
/// </summary>
internal static class PatientResourceStore
{
    /// <summary>The place of resources without a date: behind all others.</summary>
    public static DateTimeOffset NoDate { get; } = new(1, 1, 2, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A resource in the order of the list.</summary>
    /// <param name="Raw">Null: the resource was deleted meanwhile.</param>
    public sealed record Row(string ResourceType, string Id, DateTimeOffset HappenedAt, string? HappenedOn, string? Raw);

    private sealed record TypeCount(string ResourceType, long Count);

    /// <summary>How many rows of the patient each table has.</summary>
    public static async Task<IReadOnlyList<(string ResourceType, long Count)>> CountAsync(
        DbSession session,
        IReadOnlyList<ViewTable> tables,
        string source,
        string patient,
        CancellationToken cancellationToken
    )
    {
        var sql = tables.Select(table =>
            $"SELECT '{table.ResourceType}' AS resource_type, COUNT(*) AS count FROM {TableSql.Quote(table.Shape.Name)} WHERE {OfPatient}"
        );
        var counts = await session.QueryAsync<TypeCount>(string.Join("\nUNION ALL ", sql), new { source, patient }, cancellationToken);
        return [.. counts.Select(c => (c.ResourceType, c.Count))];
    }

    /// <summary>The newest resources of the patient behind the position.</summary>
    public static Task<IReadOnlyList<Row>> ListAsync(
        DbSession session,
        IReadOnlyList<ViewTable> tables,
        string source,
        string patient,
        PatientResourcePosition? after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var all = string.Join("\n        UNION ALL ", tables.Select(Rows));
        var behind = after is null ? "" : "WHERE (happened_at, resource_type, id) < (@afterTime, @afterType, @afterId)";
        return session.QueryAsync<Row>(
            $"""
            SELECT f.resource_type, f.id, f.happened_at, f.happened_on, r.raw FROM (
                SELECT * FROM (
                    {all}
                ) AS found {behind}
                ORDER BY happened_at DESC, resource_type DESC, id DESC LIMIT @limit
            ) AS f
            LEFT JOIN resources AS r
                ON r.source = @source AND r.resource_type = f.resource_type AND r.resource_id = f.id AND r.deleted_at IS NULL
            ORDER BY f.happened_at DESC, f.resource_type DESC, f.id DESC
            """,
            new
            {
                source,
                patient,
                afterTime = after?.At,
                afterType = after?.ResourceType,
                afterId = after?.Id,
                limit,
                noDate = NoDate,
            },
            cancellationToken
        );
    }

    private const string OfPatient = "source = @source AND patient_id = @patient";

    private static string Rows(ViewTable table)
    {
        var dates = table.DatedColumns().ToList();
        var at = string.Concat(dates.Select(date => $"{TableSql.Quote(date.Start)}, "));
        var on =
            dates.Count == 0 ? "CAST(NULL AS text)" : $"COALESCE({string.Join(", ", dates.Select(d => TableSql.Quote(d.Text)))}, NULL)";
        return $"SELECT '{table.ResourceType}' AS resource_type, id, COALESCE({at}@noDate, @noDate) AS happened_at, {on} AS happened_on"
            + $" FROM {TableSql.Quote(table.Shape.Name)} WHERE {OfPatient}";
    }
}

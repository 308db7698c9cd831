using Interop.Storage;

namespace Interop.Ingestion.Patients;

/// <summary>Finds patients: the view table <c>patients</c>, joined with the raw JSON of <c>resources</c>.</summary>
internal static class PatientStore
{
    /// <summary>A Patient resource.</summary>
    public sealed record Row(string Source, string ResourceId, string Raw);

    private const string Columns = "r.source, r.resource_id, r.raw";

    /// <summary>The patients with this id, at most one of each source.</summary>
    public static Task<IReadOnlyList<Row>> FindAsync(
        DbSession session,
        IEnumerable<string> sources,
        string id,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<Row>(
            $"""
            SELECT {Columns} FROM resources AS r
            WHERE {session.IsAnyOf("r.source", "@sources")} AND r.resource_type = 'Patient' AND r.resource_id = @id AND r.deleted_at IS NULL
            ORDER BY r.source
            """,
            new { sources = session.ArrayOf(sources), id },
            cancellationToken
        );

    /// <summary>Patients of whose names one begins with each word. Reads the whole table: names have no index.</summary>
    /// <param name="session">A read.</param>
    /// <param name="table">The view table of patients, with the columns <c>family</c> and <c>given</c>.</param>
    /// <param name="words">One to five words.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public static Task<IReadOnlyList<Row>> SearchAsync(
        DbSession session,
        TableShape table,
        IReadOnlyList<string> words,
        int limit,
        CancellationToken cancellationToken
    )
    {
        // SQLite's LIKE ignores case (of ASCII letters) by itself.
        var like = session.Dialect == SqlDialect.Postgres ? "ILIKE" : "LIKE";
        var conditions = words.Select((_, i) => $"""(p.family {like} @word{i} ESCAPE '\' OR p.given {like} @word{i} ESCAPE '\')""");
        var word = words.Select(BeginsWith).Concat(Enumerable.Repeat("", 5)).Take(5).ToList();
        return session.QueryAsync<Row>(
            $"""
            SELECT {Columns} FROM (
                SELECT p.source, p.id, p.family, p.given FROM {TableSql.Quote(table.Name)} AS p
                WHERE {string.Join(" AND ", conditions)} ORDER BY p.family, p.given, p.source, p.id LIMIT @limit
            ) AS f
            JOIN resources AS r ON r.source = f.source AND r.resource_type = 'Patient' AND r.resource_id = f.id AND r.deleted_at IS NULL
            ORDER BY f.family, f.given, f.source, f.id
            """,
            new
            {
                word0 = word[0],
                word1 = word[1],
                word2 = word[2],
                word3 = word[3],
                word4 = word[4],
                limit,
            },
            cancellationToken
        );
    }

    private static string BeginsWith(string word) =>
        string.Concat(word.Select(letter => letter is '%' or '_' or '\\' ? $"\\{letter}" : $"{letter}")) + "%";
}

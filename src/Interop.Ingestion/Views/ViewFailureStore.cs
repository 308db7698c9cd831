using Interop.Ingestion.Runs;
using Interop.Storage;
using Interop.Views;

namespace Interop.Ingestion.Views;

/// <summary>
/// The table <c>view_failures</c>: stored resources that a user's view has no rows of, and why. A resource leaves it when a version that
/// the view takes is loaded, when it is deleted, and when the view's table is replaced.
/// </summary>
internal static class ViewFailureStore
{
    private const int MaxErrorLength = 1000;

    /// <summary>Forgets what is known of these resources, for every view.</summary>
    public static Task ClearAsync(
        DbSession session,
        string source,
        string resourceType,
        IEnumerable<string> ids,
        CancellationToken cancellationToken
    ) =>
        session.ExecuteAsync(
            $"DELETE FROM view_failures WHERE source = @source AND resource_type = @resourceType AND {session.IsAnyOf("resource_id", "@ids")}",
            new
            {
                source,
                resourceType,
                ids = session.ArrayOf(ids),
            },
            cancellationToken
        );

    /// <summary>Notes that a table has no rows of a resource.</summary>
    public static Task InsertAsync(
        DbSession session,
        RunRecord run,
        ViewTable table,
        string id,
        string error,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        session.ExecuteAsync(
            """
            INSERT INTO view_failures (table_name, source, resource_type, resource_id, run_id, error, failed_at)
            VALUES (@Table, @Source, @Type, @Id, @RunId, @Error, @Now)
            ON CONFLICT (table_name, source, resource_id) DO UPDATE SET
                run_id = excluded.run_id, error = excluded.error, failed_at = excluded.failed_at
            """,
            new
            {
                Table = table.Shape.Name,
                run.Source,
                Type = table.ResourceType,
                Id = id,
                run.RunId,
                Error = (error.Length <= MaxErrorLength ? error : error[..MaxErrorLength]).Replace(
                    "\0",
                    "\\u0000",
                    StringComparison.Ordinal
                ),
                Now = now,
            },
            cancellationToken
        );

    /// <summary>The table is dropped.</summary>
    public static Task ForgetTableAsync(DbSession session, string table, CancellationToken cancellationToken) =>
        session.ExecuteAsync("DELETE FROM view_failures WHERE table_name = @table", new { table }, cancellationToken);

    /// <summary>The table gets another name, under which nothing is known yet.</summary>
    public static Task RenameTableAsync(DbSession session, string from, string to, CancellationToken cancellationToken) =>
        session.ExecuteAsync("UPDATE view_failures SET table_name = @to WHERE table_name = @from", new { from, to }, cancellationToken);

    /// <summary>How many resources each table lacks, by the table's name; tables without failures are absent.</summary>
    public static async Task<IReadOnlyDictionary<string, long>> CountAsync(DbSession session, CancellationToken cancellationToken) =>
        (
            await session.QueryAsync<TableCount>(
                "SELECT table_name, COUNT(*) AS total FROM view_failures GROUP BY table_name",
                null,
                cancellationToken
            )
        ).ToDictionary(c => c.TableName, c => c.Total);

    /// <summary>The first failures of a table, in the order of source and id.</summary>
    public static Task<IReadOnlyList<ViewFailure>> FirstAsync(
        DbSession session,
        string table,
        int limit,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<ViewFailure>(
            "SELECT source, resource_id AS id, error FROM view_failures WHERE table_name = @table ORDER BY source, resource_id LIMIT @limit",
            new { table, limit },
            cancellationToken
        );

    private sealed record TableCount(string TableName, long Total);
}

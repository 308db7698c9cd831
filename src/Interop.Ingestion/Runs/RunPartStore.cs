using Interop.Storage;

namespace Interop.Ingestion.Runs;

/// <summary>The table <c>run_parts</c>.</summary>
internal static class RunPartStore
{
    /// <summary>The parts of a run in their order.</summary>
    public static async Task<List<RunPart>> ListAsync(DbSession session, long runId, CancellationToken cancellationToken) =>
        [
            .. await session.QueryAsync<RunPart>(
                """
                SELECT part, kind, name, fingerprint, expected, from_at, to_at, position, cursor, is_done
                FROM run_parts WHERE run_id = @runId ORDER BY part
                """,
                new { runId },
                cancellationToken
            ),
        ];

    /// <summary>How many parts a run has, and how many of them are settled.</summary>
    public static async Task<PartCount> CountAsync(DbSession session, long runId, CancellationToken cancellationToken) =>
        await session.FirstAsync<PartCount>(
            "SELECT COUNT(*) AS total, COUNT(CASE WHEN is_done THEN 1 END) AS done FROM run_parts WHERE run_id = @runId",
            new { runId },
            cancellationToken
        ) ?? new PartCount(0, 0);

    /// <summary>Adds parts. The caller has fenced the run.</summary>
    public static async Task InsertAsync(DbSession session, long runId, IEnumerable<RunPart> parts, CancellationToken cancellationToken)
    {
        foreach (var part in parts)
        {
            await session.ExecuteAsync(
                """
                INSERT INTO run_parts (run_id, part, kind, name, fingerprint, expected, from_at, to_at, position, cursor, is_done)
                VALUES (@runId, @Part, @Kind, @Name, @Fingerprint, @Expected, @FromAt, @ToAt, @Position, @Cursor, @IsDone)
                """,
                new
                {
                    runId,
                    part.Part,
                    part.Kind,
                    part.Name,
                    part.Fingerprint,
                    part.Expected,
                    part.FromAt,
                    part.ToAt,
                    part.Position,
                    part.Cursor,
                    part.IsDone,
                },
                cancellationToken
            );
        }
    }

    /// <summary>Gives parts their new names. The caller has fenced the run.</summary>
    public static async Task RenameAsync(DbSession session, long runId, IEnumerable<RunPart> parts, CancellationToken cancellationToken)
    {
        foreach (var part in parts)
        {
            await session.ExecuteAsync(
                "UPDATE run_parts SET name = @Name WHERE run_id = @runId AND part = @Part",
                new
                {
                    runId,
                    part.Part,
                    part.Name,
                },
                cancellationToken
            );
        }
    }

    /// <summary>Records how far a page brings its part, in the page's transaction.</summary>
    public static Task AdvanceAsync(DbSession session, long runId, PartPosition part, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            """
            UPDATE run_parts SET position = @Position, cursor = @Cursor, is_done = @IsDone, fingerprint = COALESCE(@Fingerprint, fingerprint)
            WHERE run_id = @runId AND part = @Part
            """,
            new
            {
                runId,
                part.Part,
                part.Position,
                part.Cursor,
                part.IsDone,
                part.Fingerprint,
            },
            cancellationToken
        );

    /// <summary>Removes a run's parts from a number on. The caller has fenced the run.</summary>
    public static Task DeleteAsync(DbSession session, long runId, int fromPart, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            "DELETE FROM run_parts WHERE run_id = @runId AND part >= @fromPart",
            new { runId, fromPart },
            cancellationToken
        );
}

using Interop.Storage;

namespace Interop.Ingestion.Runs;

/// <summary>The table <c>run_parts</c>.</summary>
internal static class RunPartStore
{
    private const string Select =
        "SELECT part, kind, name, fingerprint, expected, from_at, to_at, position, cursor, is_done FROM run_parts";

    /// <summary>The parts of a run in their order.</summary>
    public static async Task<List<RunPart>> ListAsync(DbSession session, long runId, CancellationToken cancellationToken) =>
        [.. await session.QueryAsync<RunPart>($"{Select} WHERE run_id = @runId ORDER BY part", new { runId }, cancellationToken)];

    /// <summary>One part of a run.</summary>
    public static Task<RunPart?> FindAsync(DbSession session, long runId, int part, CancellationToken cancellationToken) =>
        session.FirstAsync<RunPart>($"{Select} WHERE run_id = @runId AND part = @part", new { runId, part }, cancellationToken);

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

    /// <summary>Records how far a page brings its part, in the page's transaction. False when the part is not where the page's worker
    /// left it (<see cref="PartPosition.Before"/>).</summary>
    public static async Task<bool> AdvanceAsync(DbSession session, long runId, PartPosition part, CancellationToken cancellationToken) =>
        await session.ExecuteAsync(
            """
            UPDATE run_parts SET position = @Position, cursor = @Cursor, is_done = @IsDone, fingerprint = COALESCE(@Fingerprint, fingerprint)
            WHERE run_id = @runId AND part = @Part AND position = COALESCE(@Before, position)
            """,
            new
            {
                runId,
                part.Part,
                part.Before,
                part.Position,
                part.Cursor,
                part.IsDone,
                part.Fingerprint,
            },
            cancellationToken
        ) > 0;

    /// <summary>Why a page could not advance its part: the run has another owner or has ended, the database has lost committed pages, or
    /// another worker has moved the part.</summary>
    public static async Task<Exception> RefusalAsync(
        DbSession session,
        RunRecord run,
        PartPosition part,
        CancellationToken cancellationToken
    ) =>
        await RunStore.FindAsync(session, run.RunId, cancellationToken) is { IsActive: true } stored
        && stored.Epoch == run.Epoch
        && await FindAsync(session, run.RunId, part.Part, cancellationToken) is { } present
            ? new PartitionMovedException(run.RunId, part.Part, part.Before, present.Position)
            : new LeaseLostException(run.RunId);

    /// <summary>Removes a run's parts from a number on. The caller has fenced the run.</summary>
    public static Task DeleteAsync(DbSession session, long runId, int fromPart, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            "DELETE FROM run_parts WHERE run_id = @runId AND part >= @fromPart",
            new { runId, fromPart },
            cancellationToken
        );
}

using System.Collections.Immutable;
using System.Text;
using Interop.Ingestion.Resources;
using Interop.Ingestion.Runs;
using Interop.Storage;

namespace Interop.Ingestion.DeadLetters;

/// <summary>The table <c>dead_letters</c>.</summary>
internal static class DeadLetterStore
{
    private sealed record Count(string Key, long Total);

    private sealed record MissingCount(long Letters, long Patients);

    private const string ListColumns = "id, resource_type, resource_id, stage, error, issues, created_at, resolved";

    /// <summary>The open letters of these resources, by type and id; the id of a resource without one is empty.</summary>
    public static async Task<ILookup<(string Type, string Id), OpenLetter>> FindOpenAsync(
        DbSession session,
        string source,
        IEnumerable<(string Type, string? Id)> keys,
        CancellationToken cancellationToken
    )
    {
        var found = new List<OpenLetter>();
        foreach (var type in keys.GroupBy(k => k.Type, k => k.Id ?? ""))
        {
            if (!await AnyOpenAsync(session, source, type.Key, cancellationToken))
                continue;
            found.AddRange(
                await session.QueryAsync<OpenLetter>(
                    session.SelectByKeys(
                        "id, resource_type, COALESCE(resource_id, '') AS resource_id, version_id, last_updated_ticks, content_hash, version_key, stage, run_id, error",
                        "dead_letters",
                        "NOT resolved AND source = @source AND resource_type = @type",
                        "COALESCE(resource_id, '')",
                        "@ids"
                    ),
                    new
                    {
                        source,
                        type = type.Key,
                        ids = session.ArrayOf(type.Distinct()),
                    },
                    cancellationToken
                )
            );
        }

        return found.ToLookup(l => (l.ResourceType, l.ResourceId));
    }

    /// <summary>Whether a letter of this source and type is open: one look into the index instead of one per key.</summary>
    private static async Task<bool> AnyOpenAsync(
        DbSession session,
        string source,
        string resourceType,
        CancellationToken cancellationToken
    ) =>
        await session.ScalarAsync<long>(
            """
            SELECT 1 FROM dead_letters WHERE NOT resolved AND source = @source AND resource_type = @resourceType
            ORDER BY COALESCE(resource_id, '') LIMIT 1
            """,
            new { source, resourceType },
            cancellationToken
        ) == 1;

    /// <summary>Opens a letter, unless one is open for this version and stage; returns whether it did.</summary>
    public static async Task<bool> InsertAsync(
        DbSession session,
        long runId,
        string source,
        NewLetter letter,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        await session.ExecuteAsync(
            """
            INSERT INTO dead_letters (run_id, source, resource_type, resource_id, version_id, last_updated_ticks, content_hash, version_key,
                                      stage, error, issues, raw, missing_patient_id, created_at)
            VALUES (@runId, @source, @ResourceType, @ResourceId, @VersionId, @LastUpdatedTicks, @ContentHash, @VersionKey,
                    @Stage, @Error, @Issues, @Raw, @MissingPatientId, @now)
            ON CONFLICT DO NOTHING
            """,
            new
            {
                runId,
                source,
                letter.ResourceType,
                letter.ResourceId,
                letter.Version.VersionId,
                letter.Version.LastUpdatedTicks,
                letter.Version.ContentHash,
                letter.VersionKey,
                letter.Failure.Stage,
                Error = StorableText.WithoutNul(letter.Failure.Error),
                Issues = StorableText.WithoutNul(letter.Failure.IssuesJson),
                Raw = letter.Raw.IsEmpty ? null : StorableText.WithoutNul(Encoding.UTF8.GetString(letter.Raw.Span)),
                MissingPatientId = StorableText.OfId(letter.Failure.MissingPatientId),
                now,
            },
            cancellationToken
        ) > 0;

    /// <summary>A replayed letter failed again: it stays open, with the new failure.</summary>
    public static Task RenewAsync(
        DbSession session,
        long letterId,
        Failure failure,
        long replayRunId,
        CancellationToken cancellationToken
    ) =>
        session.ExecuteAsync(
            """
            UPDATE dead_letters SET stage = @Stage, error = @Error, issues = @Issues, missing_patient_id = @MissingPatientId,
                                    replayed_by_run_id = @replayRunId
            WHERE id = @letterId
            """,
            new
            {
                letterId,
                replayRunId,
                failure.Stage,
                Error = StorableText.WithoutNul(failure.Error),
                Issues = StorableText.WithoutNul(failure.IssuesJson),
                MissingPatientId = StorableText.OfId(failure.MissingPatientId),
            },
            cancellationToken
        );

    /// <summary>Resolves letters; no letters is fine.</summary>
    public static async Task ResolveAsync(
        DbSession session,
        long runId,
        IReadOnlyCollection<long> letterIds,
        string resolution,
        CancellationToken cancellationToken
    )
    {
        if (letterIds.Count == 0)
            return;
        await session.ExecuteAsync(
            $"""
            UPDATE dead_letters SET resolved = @resolved, resolution = @resolution, replayed_by_run_id = @runId
            WHERE {session.IsAnyOf("id", "@ids")}
            """,
            new
            {
                resolved = true,
                resolution,
                runId,
                ids = session.ArrayOf(letterIds),
            },
            cancellationToken
        );
    }

    /// <summary>The unresolved letters of a run's stage: what a replay of it reads.</summary>
    public static async Task<LetterRange> RangeAsync(DbSession session, long runId, string stage, CancellationToken cancellationToken) =>
        (
            await session.FirstAsync<LetterRange>(
                """
                SELECT COUNT(*) AS total, COUNT(raw) AS with_raw, COALESCE(MAX(id), 0) AS last_id FROM dead_letters
                WHERE run_id = @runId AND stage = @stage AND NOT resolved
                """,
                new { runId, stage },
                cancellationToken
            )
        )!;

    /// <summary>The next letters for a replay, oldest first: unresolved, with their raw JSON, after the replay's cursor.</summary>
    public static Task<IReadOnlyList<LetterJson>> ListForReplayAsync(
        DbSession session,
        RunRecord replay,
        long afterId,
        int limit,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync<LetterJson>(
            """
            SELECT id, raw FROM dead_letters
            WHERE run_id = @ReplayOfRunId AND stage = @ReplayStage AND NOT resolved AND raw IS NOT NULL AND id > @afterId AND id <= @until
            ORDER BY id LIMIT @limit
            """,
            new
            {
                replay.ReplayOfRunId,
                replay.ReplayStage,
                afterId,
                until = replay.ReplayUntil ?? 0,
                limit,
            },
            cancellationToken
        );

    /// <summary>A run's letters, newest first.</summary>
    public static async Task<ImmutableArray<DeadLetter>> ListAsync(
        DbSession session,
        RunRecord run,
        string? stage,
        int limit,
        bool includeRaw,
        CancellationToken cancellationToken
    )
    {
        var rows = await session.QueryAsync<LetterRow>(
            $"""
            SELECT {ListColumns}{(includeRaw ? ", raw" : "")} FROM dead_letters
            WHERE {OfRun(run)} {(stage is null ? "" : "AND stage = @stage")} ORDER BY id DESC LIMIT @limit
            """,
            new
            {
                run.RunId,
                stage,
                limit,
            },
            cancellationToken
        );
        return [.. rows.Select(r => r.ToMessage())];
    }

    /// <summary>One letter with its raw JSON.</summary>
    public static async Task<DeadLetter?> FindAsync(DbSession session, long id, CancellationToken cancellationToken) =>
        (
            await session.FirstAsync<LetterRow>(
                $"SELECT {ListColumns}, raw FROM dead_letters WHERE id = @id",
                new { id },
                cancellationToken
            )
        )?.ToMessage();

    /// <summary>A run's letters with their raw JSON, oldest first.</summary>
    public static IAsyncEnumerable<LetterRow> StreamAsync(DbSession session, RunRecord run, CancellationToken cancellationToken) =>
        session.StreamAsync<LetterRow>(
            $"SELECT {ListColumns}, raw FROM dead_letters WHERE {OfRun(run)} ORDER BY id",
            new { run.RunId },
            cancellationToken
        );

    /// <summary>How many letters a run has, by stage.</summary>
    public static Task<ImmutableSortedDictionary<string, long>> CountByStageAsync(
        DbSession session,
        RunRecord run,
        CancellationToken cancellationToken
    ) =>
        CountAsync(
            session,
            $"SELECT stage AS key, COUNT(*) AS total FROM dead_letters WHERE {OfRun(run)} GROUP BY stage",
            new { run.RunId },
            cancellationToken
        );

    /// <summary>How many letters of a run are not resolved, by stage.</summary>
    public static Task<ImmutableSortedDictionary<string, long>> CountOpenByStageAsync(
        DbSession session,
        RunRecord run,
        CancellationToken cancellationToken
    ) =>
        CountAsync(
            session,
            $"SELECT stage AS key, COUNT(*) AS total FROM dead_letters WHERE {OfRun(run)} AND NOT resolved GROUP BY stage",
            new { run.RunId },
            cancellationToken
        );

    /// <summary>How many letters there are, by stage.</summary>
    public static Task<ImmutableSortedDictionary<string, long>> CountByStageAsync(DbSession session, CancellationToken cancellationToken) =>
        CountAsync(session, "SELECT stage AS key, COUNT(*) AS total FROM dead_letters GROUP BY stage", null, cancellationToken);

    /// <summary>How many letters are not resolved, by stage.</summary>
    public static Task<ImmutableSortedDictionary<string, long>> CountOpenByStageAsync(
        DbSession session,
        CancellationToken cancellationToken
    ) =>
        CountAsync(
            session,
            "SELECT stage AS key, COUNT(*) AS total FROM dead_letters WHERE NOT resolved GROUP BY stage",
            null,
            cancellationToken
        );

    /// <summary>A run's letters about missing patients, and how many patients are missing.</summary>
    public static async Task<(long Letters, long Patients)> CountMissingPatientsAsync(
        DbSession session,
        RunRecord run,
        CancellationToken cancellationToken
    )
    {
        var missing = await session.FirstAsync<MissingCount>(
            $"""
            SELECT COUNT(*) AS letters, COUNT(DISTINCT missing_patient_id) AS patients FROM dead_letters
            WHERE {OfRun(run)} AND missing_patient_id IS NOT NULL
            """,
            new { run.RunId },
            cancellationToken
        );
        return (missing!.Letters, missing.Patients);
    }

    /// <summary>The letters that a run opened, or, for a replay, those that it tried and left open.</summary>
    private static string OfRun(RunRecord run) => run.IsReplay ? "replayed_by_run_id = @RunId AND NOT resolved" : "run_id = @RunId";

    private static async Task<ImmutableSortedDictionary<string, long>> CountAsync(
        DbSession session,
        string sql,
        object? args,
        CancellationToken cancellationToken
    ) => (await session.QueryAsync<Count>(sql, args, cancellationToken)).ToImmutableSortedDictionary(c => c.Key, c => c.Total);
}

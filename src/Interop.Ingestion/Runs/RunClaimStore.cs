using System.Collections.Immutable;
using Interop.Ingestion.Leases;
using Interop.Storage;

namespace Interop.Ingestion.Runs;

/// <summary>The table <c>run_claims</c>: the processes that worked on a run.</summary>
internal static class RunClaimStore
{
    private sealed record ClaimRow(long Epoch, string Owner, DateTimeOffset ClaimedAt);

    public static Task AddAsync(DbSession session, RunRecord run, RunClaim claim, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            $"INSERT INTO run_claims (run_id, epoch, owner, claimed_at) VALUES (@RunId, @Epoch, @owner, {session.Now()}) ON CONFLICT (run_id, epoch) DO NOTHING",
            new
            {
                run.RunId,
                run.Epoch,
                owner = claim.Owner.ToString(),
            },
            cancellationToken
        );

    /// <summary>The claims of a run, oldest first.</summary>
    public static async Task<ImmutableArray<RunAttempt>> ListAsync(DbSession session, long runId, CancellationToken cancellationToken) =>
        [
            .. (
                await session.QueryAsync<ClaimRow>(
                    "SELECT epoch, owner, claimed_at FROM run_claims WHERE run_id = @runId ORDER BY epoch",
                    new { runId },
                    cancellationToken
                )
            ).Select(row => new RunAttempt(row.Epoch, ProcessIdentity.Parse(row.Owner)?.Description ?? row.Owner, row.ClaimedAt)),
        ];
}

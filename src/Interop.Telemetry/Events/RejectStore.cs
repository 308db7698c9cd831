using Interop.Storage;

namespace Interop.Telemetry.Events;

/// <summary>The table <c>telemetry_rejects</c>, which keeps the newest rejects.</summary>
internal static class RejectStore
{
    /// <summary>Adds the rejects and deletes the oldest ones, so that at most <paramref name="maxRejects"/> are kept.</summary>
    public static async Task AddAsync(
        DbSession session,
        IReadOnlyList<Reject> rejects,
        int maxRejects,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        if (rejects.Count == 0)
            return;
        var kept = rejects.Skip(rejects.Count - maxRejects).ToArray(); // the statement below would delete the others at once
        if (session.Dialect == SqlDialect.Postgres)
        {
            await session.ExecuteAsync(
                """
                INSERT INTO telemetry_rejects (received_at, reason, event_id, raw)
                SELECT @Now, * FROM unnest(@Reasons::text[], @EventIds::text[], @Raws::text[])
                """,
                new
                {
                    Now = now,
                    Reasons = kept.Select(r => r.Reason).ToArray(),
                    EventIds = kept.Select(r => r.EventId).ToArray(),
                    Raws = kept.Select(r => r.Raw).ToArray(),
                },
                cancellationToken
            );
        }
        else
        {
            foreach (var reject in kept)
            {
                await session.ExecuteAsync(
                    "INSERT INTO telemetry_rejects (received_at, reason, event_id, raw) VALUES (@Now, @Reason, @EventId, @Raw)",
                    new
                    {
                        Now = now,
                        reject.Reason,
                        reject.EventId,
                        reject.Raw,
                    },
                    cancellationToken
                );
            }
        }

        await session.ExecuteAsync(
            "DELETE FROM telemetry_rejects WHERE id <= (SELECT MAX(id) FROM telemetry_rejects) - @MaxRejects",
            new { MaxRejects = maxRejects },
            cancellationToken
        );
    }
}

using Interop.Storage;

namespace Interop.Polling;

/// <summary>The table <c>pollers</c>.</summary>
public static class PollerStore
{
    private const string Columns =
        "source, enabled, interval_seconds, batch, resource_type, since, watermark, epoch, sequence, events, failures, last_poll, last_error";

    /// <summary>Creates the row when there is none, and claims it with a new epoch.</summary>
    public static async Task<PollerRow> ClaimAsync(
        DbSession session,
        string source,
        PollerOptions options,
        bool enabled,
        CancellationToken cancellationToken
    ) =>
        (
            await session.FirstAsync<PollerRow>(
                $"""
                INSERT INTO pollers AS p (source, enabled, interval_seconds, batch, resource_type, epoch)
                VALUES (@source, @enabled, @interval, @batch, @resourceType, 1)
                ON CONFLICT (source) DO UPDATE SET epoch = p.epoch + 1
                RETURNING {Columns}
                """,
                new
                {
                    source,
                    enabled,
                    interval = options.Interval,
                    batch = options.BatchSize,
                    resourceType = options.ResourceType,
                },
                cancellationToken
            )
        )!;

    public static Task<PollerRow?> FindAsync(DbSession session, string source, CancellationToken cancellationToken) =>
        session.FirstAsync<PollerRow>($"SELECT {Columns} FROM pollers WHERE source = @source", new { source }, cancellationToken);

    /// <summary>How many events each source has; the number of its last one.</summary>
    public static async Task<IReadOnlyList<(string Source, long Events)>> ListEndsAsync(
        DbSession session,
        CancellationToken cancellationToken
    ) =>
        [
            .. (await session.QueryAsync<SourceEnd>("SELECT source, events FROM pollers ORDER BY source", null, cancellationToken)).Select(
                e => (e.Source, e.Events)
            ),
        ];

    /// <summary>Settings and the outcome of a poll.</summary>
    /// <exception cref="PollerLostException">Another poller has claimed the source.</exception>
    public static async Task SaveAsync(DbSession session, PollerRow row, CancellationToken cancellationToken) =>
        Fence(
            row.Source,
            await session.ExecuteAsync(
                """
                UPDATE pollers SET enabled = @Enabled, interval_seconds = @IntervalSeconds, batch = @Batch, resource_type = @ResourceType,
                    since = @Since, watermark = @Watermark, failures = @Failures, last_poll = @LastPoll, last_error = @LastError
                WHERE source = @Source AND epoch = @Epoch
                """,
                row,
                cancellationToken
            )
        );

    /// <summary>Counts a batch in, in the transaction of its events.</summary>
    /// <exception cref="PollerLostException">Another poller has claimed the source.</exception>
    public static async Task CommitBatchAsync(DbSession session, PollerRow row, CancellationToken cancellationToken) =>
        Fence(
            row.Source,
            await session.ExecuteAsync(
                """
                UPDATE pollers SET watermark = @Watermark, sequence = @Sequence, events = @Events
                WHERE source = @Source AND epoch = @Epoch AND sequence = @Sequence - 1
                """,
                row,
                cancellationToken
            )
        );

    /// <summary>Fails the transaction of a poller that no longer owns the source. Nothing is changed.</summary>
    /// <exception cref="PollerLostException">Another poller has claimed the source.</exception>
    public static async Task FenceAsync(DbSession session, string source, long epoch, CancellationToken cancellationToken) =>
        Fence(
            source,
            await session.ExecuteAsync(
                "UPDATE pollers SET epoch = epoch WHERE source = @source AND epoch = @epoch",
                new { source, epoch },
                cancellationToken
            )
        );

    private sealed record SourceEnd(string Source, long Events);

    private static void Fence(string source, int updated)
    {
        if (updated == 0)
            throw new PollerLostException(source);
    }
}

using Interop.Storage;

namespace Interop.Anomaly.Care;

/// <summary>Clinical resources of the table <c>resources</c>, as far as <see cref="CareIndex"/> reads them.</summary>
public static class CareStore
{
    /// <summary>Runs may commit in another order than they began: look this many runs back.</summary>
    private const long RunsBack = 50;

    /// <summary>Adds the resources that were loaded since the position to the index. Returns the new position.</summary>
    public static async Task<CarePosition> ReadAsync(
        DbSession session,
        string source,
        CareIndex index,
        CarePosition from,
        CancellationToken cancellationToken
    )
    {
        var position = from;
        var rows = session.StreamAsync<CareRow>(
            $"""
            SELECT run_id, loaded_at, raw FROM resources
            WHERE source = @source AND {session.IsAnyOf(
                "resource_type",
                "@types"
            )} AND run_id >= @run AND loaded_at > @after AND deleted_at IS NULL
            """,
            new
            {
                source,
                types = session.ArrayOf(CareIndex.Types),
                run = Math.Max(0, from.RunId - RunsBack),
                after = from.LoadedAt,
            },
            cancellationToken
        );
        await foreach (var row in rows)
        {
            index.Add(System.Text.Encoding.UTF8.GetBytes(row.Raw));
            position = new CarePosition(
                Math.Max(position.RunId, row.RunId),
                row.LoadedAt > position.LoadedAt ? row.LoadedAt : position.LoadedAt
            );
        }

        // A transaction that began earlier may commit later.
        return position == from ? from : position with { LoadedAt = position.LoadedAt.AddSeconds(-30) };
    }

    private sealed record CareRow(long RunId, DateTimeOffset LoadedAt, string Raw);
}

/// <summary>The position up to which the clinical resources are in the index.</summary>
public sealed record CarePosition(long RunId, DateTimeOffset LoadedAt)
{
    public static CarePosition Beginning { get; } = new(0, DateTimeOffset.UnixEpoch);
}

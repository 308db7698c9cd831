using Interop.Storage;

namespace Interop.Anomaly.Profiles;

/// <summary>The tables <c>access_profiles</c> and <c>access_populations</c>.</summary>
public static class ProfileStore
{
    private static readonly TableShape Shape = new(
        "access_profiles",
        [
            new("source", ColumnType.Text),
            new("agent", ColumnType.Text),
            new("sequence", ColumnType.Integer),
            new("document", ColumnType.Binary),
        ],
        ["source", "agent"]
    );

    public static Task<byte[]?> FindAsync(DbSession session, string source, string agent, CancellationToken cancellationToken) =>
        session.FirstAsync<byte[]>(
            "SELECT document FROM access_profiles WHERE source = @source AND agent = @agent",
            new { source, agent },
            cancellationToken
        );

    /// <summary>Stores profiles in the transaction of their batch; an older one never overwrites a newer one.</summary>
    public static async Task PutAsync(
        DbSession session,
        string source,
        long sequence,
        IEnumerable<(string Agent, ReadOnlyMemory<byte> Document)> profiles,
        CancellationToken cancellationToken
    )
    {
        using var rows = new RowBatch(Shape);
        foreach (var (agent, document) in profiles)
        {
            rows.BeginRow();
            rows.WriteText(source);
            rows.WriteText(agent);
            rows.WriteInteger(sequence);
            rows.WriteBinary(document.Span);
        }

        await session.BulkUpsertAsync(rows, UpsertRule.ReplaceWhere("excluded.\"sequence\" > \"old\".\"sequence\""), cancellationToken);
    }

    public static Task<byte[]?> FindPopulationAsync(DbSession session, string source, CancellationToken cancellationToken) =>
        session.FirstAsync<byte[]>("SELECT document FROM access_populations WHERE source = @source", new { source }, cancellationToken);

    public static Task PutPopulationAsync(
        DbSession session,
        string source,
        long sequence,
        byte[] document,
        CancellationToken cancellationToken
    ) =>
        session.ExecuteAsync(
            """
            INSERT INTO access_populations AS p (source, sequence, document) VALUES (@source, @sequence, @document)
            ON CONFLICT (source) DO UPDATE SET sequence = excluded.sequence, document = excluded.document WHERE excluded.sequence >= p.sequence
            """,
            new
            {
                source,
                sequence,
                document,
            },
            cancellationToken
        );
}

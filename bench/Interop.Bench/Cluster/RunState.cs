using Npgsql;

namespace Interop.Bench.Cluster;

/// <summary>The row of a run.</summary>
/// <param name="OwnerProcess">The id of the process that owns the run; null: it has no owner.</param>
/// <param name="Epoch">How often a worker has claimed the run.</param>
internal sealed record RunState(
    string Status,
    long Epoch,
    long Pages,
    long Upserted,
    long DeadLetters,
    int? OwnerProcess,
    DateTime StartedAt,
    DateTime? FinishedAt
)
{
    public static async Task<RunState> ReadAsync(string database, long run)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT status, epoch, pages, upserted, dead_letters, owner, started_at, finished_at FROM ingestion_runs WHERE run_id = @run",
            connection
        );
        command.Parameters.AddWithValue("run", run);
        await using var row = await command.ExecuteReaderAsync();
        if (!await row.ReadAsync())
            throw new InvalidOperationException($"there is no run {run}");
        return new RunState(
            row.GetString(0),
            Convert.ToInt64(row.GetValue(1)),
            Convert.ToInt64(row.GetValue(2)),
            Convert.ToInt64(row.GetValue(3)),
            Convert.ToInt64(row.GetValue(4)),
            row.IsDBNull(5) ? null : int.Parse(row.GetString(5).Split('|')[1]),
            row.GetDateTime(6),
            row.IsDBNull(7) ? null : row.GetDateTime(7)
        );
    }
}

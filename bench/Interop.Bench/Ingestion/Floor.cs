using System.Diagnostics;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Interop.Bench.Ingestion;

/// <summary>
/// The floor: a bare loop that reads the pages over HTTP, COPYs the raw JSON, and upserts it into one json table with a key. It validates
/// nothing, transforms nothing and keeps no state.
/// </summary>
internal static class Floor
{
    /// <summary>Seconds for all pages.</summary>
    public static async Task<double> RunAsync(PageServer server, string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await ExecuteAsync(
            connection,
            "CREATE TABLE floor (id text PRIMARY KEY, raw json NOT NULL); CREATE TEMP TABLE stage (id text, raw json) ON COMMIT DELETE ROWS"
        );
        using var http = new HttpClient();

        var started = Stopwatch.GetTimestamp();
        for (var page = 0; page < server.PageCount; page++)
        {
            using var document = JsonDocument.Parse(await http.GetByteArrayAsync(server.PageUrl(page)));
            await using var transaction = await connection.BeginTransactionAsync();
            await using (var copy = await connection.BeginBinaryImportAsync("COPY stage (id, raw) FROM STDIN (FORMAT binary)"))
            {
                foreach (var entry in document.RootElement.GetProperty("entry").EnumerateArray())
                {
                    var resource = entry.GetProperty("resource");
                    await copy.StartRowAsync();
                    await copy.WriteAsync(resource.GetProperty("id").GetString()!, NpgsqlDbType.Text);
                    await copy.WriteAsync(resource.GetRawText(), NpgsqlDbType.Json);
                }

                await copy.CompleteAsync();
            }

            await ExecuteAsync(connection, "INSERT INTO floor SELECT id, raw FROM stage ON CONFLICT (id) DO UPDATE SET raw = excluded.raw");
            await transaction.CommitAsync();
        }

        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}

using System.Runtime.CompilerServices;
using Dapper;
using Interop.Telemetry.Events;
using Interop.TestServers;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Interop.Telemetry.Tests.Events;

/// <summary>The declaration of the columns and the migrations describe the same table.</summary>
public sealed class EventColumnsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("interop-columns-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_declared_columns_are_those_of_the_table_in_SQLite()
    {
        var path = Path.Combine(_folder, "telemetry.db");
        await using (var telemetry = new TelemetryDatabase(path))
            await telemetry.MigrateAsync(CancellationToken.None);
        await using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        Assert.Equal(
            EventColumns.All.Select(c => c.Name),
            await connection.QueryAsync<string>("SELECT name FROM pragma_table_info('telemetry_events') ORDER BY cid")
        );
    }

    [Fact]
    public async Task The_declared_columns_are_those_of_the_table_in_PostgreSQL()
    {
        var url = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using (var telemetry = new TelemetryDatabase(url))
            await telemetry.MigrateAsync(CancellationToken.None);
        await using var connection = new NpgsqlConnection(url);
        Assert.Equal(
            EventColumns.All.Select(c => c.Name),
            await connection.QueryAsync<string>(
                "SELECT column_name FROM information_schema.columns WHERE table_name = 'telemetry_events' ORDER BY ordinal_position"
            )
        );
    }

    [Fact]
    public void An_event_has_a_place_for_each_column()
    {
        var last = new TelemetryEvent { ReceivedAt = default };
        last[EventColumns.All[^1]] = new byte[] { 1 };
        Assert.Equal(1, last[EventColumns.All[^1]].Length);
        Assert.Equal(EventColumns.All.Length * Unsafe.SizeOf<ReadOnlyMemory<byte>>(), TelemetryEvent.ValuesSize);
    }
}

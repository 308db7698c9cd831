using Interop.TestServers;
using Npgsql;

namespace Interop.Storage.Tests;

public sealed class PostgresServerTests
{
    [Fact]
    public async Task A_disposed_server_is_gone_with_its_directory()
    {
        var server = await PostgresServer.StartNewAsync(
            new PostgresServerOptions
            {
                Fsync = false,
                Settings = new Dictionary<string, string> { ["max_connections"] = "7" },
            }
        );
        await using (var connection = new NpgsqlConnection(await server.CreateDatabaseAsync("named") + ";Pooling=false"))
        {
            await connection.OpenAsync();
            await using var settings = new NpgsqlCommand(
                "SELECT current_setting('fsync') || current_setting('max_connections') || current_database()",
                connection
            );
            Assert.Equal("off7named", await settings.ExecuteScalarAsync());
        }
        Assert.True(server.IsRunning);
        Assert.True(Directory.Exists(server.DirectoryPath));

        await server.DisposeAsync();

        Assert.False(server.IsRunning);
        Assert.False(Directory.Exists(server.DirectoryPath));
    }

    [Fact]
    public async Task A_server_that_cannot_start_says_why()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            PostgresServer.StartNewAsync(
                new PostgresServerOptions { Settings = new Dictionary<string, string> { ["no_such_setting"] = "1" } }
            )
        );
        Assert.Contains("no_such_setting", error.Message, StringComparison.Ordinal);
    }
}

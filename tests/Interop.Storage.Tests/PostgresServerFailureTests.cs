using Interop.Storage.Connections;
using Interop.TestServers;

namespace Interop.Storage.Tests;

/// <summary>Failures of the server itself, on a server of its own.</summary>
public sealed class PostgresServerFailureTests : IAsyncLifetime
{
    private const string Password = "p@ss:w/rd";
    private PostgresServer _server = null!;

    public async Task InitializeAsync() => _server = await PostgresServer.StartNewAsync(new PostgresServerOptions { Password = Password });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_server_that_crashes_in_the_middle_of_a_transaction_is_waited_for_and_the_work_runs_again()
    {
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = _server.Uri });
        await database.WriteAsync((session, token) => session.ExecuteAsync("CREATE TABLE t (x integer)", null, token));
        await database.ReadAsync((session, token) => session.ScalarAsync<long>("SELECT count(*) FROM t", null, token));
        var runs = 0;

        await database.WriteAsync(
            async (session, token) =>
            {
                runs++;
                await session.ExecuteAsync("INSERT INTO t VALUES (@runs)", new { runs }, token);
                if (runs == 1)
                {
                    await _server.KillAsync(token);
                    await _server.StartAsync(token);
                }
                await session.ExecuteAsync("INSERT INTO t VALUES (-@runs)", new { runs }, token);
            }
        );

        Assert.Equal(
            [-2, 2],
            await database.ReadAsync((session, token) => session.QueryAsync<int>("SELECT x FROM t ORDER BY x", null, token))
        );
    }

    [Fact]
    public async Task A_server_that_is_down_is_named_and_works_again_once_it_is_up()
    {
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = _server.ConnectionString, MaxAttempts = 2 });
        await database.CheckAsync();
        await _server.StopAsync();

        await Assert.ThrowsAsync<DatabaseUnavailableException>(() => database.CheckAsync());
        var error = await Assert.ThrowsAsync<DatabaseUnavailableException>(() =>
            database.WriteAsync((session, token) => session.ScalarAsync<long>("SELECT 1", null, token))
        );
        Assert.Contains($"127.0.0.1:{_server.Port}/postgres as interop", error.Message, StringComparison.Ordinal);

        await _server.StartAsync();
        await database.CheckAsync();
    }

    [Fact]
    public async Task A_wrong_password_is_named_but_not_shown()
    {
        var wrong = _server.Uri.Replace("p%40ss", "wr0ng", StringComparison.Ordinal);
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = wrong });

        var error = await Assert.ThrowsAsync<DatabaseAccessDeniedException>(() => database.CheckAsync());

        Assert.Contains("as interop", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng", error.ToString(), StringComparison.Ordinal);
        await using var none = DatabaseFactory.Open(
            new DatabaseOptions { Connection = $"Host=127.0.0.1;Port={_server.Port};Username=interop;Database=postgres" }
        );
        await Assert.ThrowsAsync<DatabaseAccessDeniedException>(() => none.CheckAsync());
    }

    [Theory]
    [InlineData("require")]
    [InlineData("verify-full")]
    public async Task A_server_without_TLS_is_named_with_the_setting_that_asks_for_it(string mode)
    {
        await using var database = DatabaseFactory.Open(
            new DatabaseOptions { Connection = $"{_server.Uri}?sslmode={mode}", Setting = "DB_URL" }
        );

        var error = await Assert.ThrowsAsync<DatabaseAccessDeniedException>(() => database.CheckAsync());

        Assert.Contains("TLS that DB_URL asks for", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public async Task Committed_rows_survive_a_crash()
    {
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = _server.Uri });
        await database.WriteAsync((session, token) => session.ExecuteAsync("CREATE TABLE kept AS SELECT 42 AS x", null, token));

        await _server.KillAsync();
        Assert.False(_server.IsRunning);
        await _server.StartAsync();

        Assert.Equal(42, await database.ReadAsync((session, token) => session.ScalarAsync<int>("SELECT x FROM kept", null, token)));
    }
}

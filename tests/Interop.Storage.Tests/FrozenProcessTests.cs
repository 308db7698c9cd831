using System.Diagnostics;
using Interop.Storage.Connections;
using Interop.TestServers;

namespace Interop.Storage.Tests;

/// <summary>A process that stops in the middle of a transaction must not keep its locks.</summary>
public sealed class FrozenProcessTests
{
    private const long Key = 4711;

    [Fact]
    public async Task A_frozen_process_loses_its_lock_after_the_idle_limit()
    {
        var connection = await TestDatabases.NewPostgresAsync();
        using var holder = StartHolder(connection, idleSeconds: 1);
        try
        {
            Assert.Equal("locked", await holder.StandardOutput.ReadLineAsync());
            UnixProcess.Signal(holder.Id, UnixProcess.Stop);
            await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = connection });

            // Without the idle limit this waits until the lock timeout ends every attempt.
            await database.WriteAsync(
                (session, cancellationToken) => session.ExecuteAsync($"SELECT pg_advisory_xact_lock({Key})", null, cancellationToken)
            );

            Assert.False(holder.HasExited);
        }
        finally
        {
            holder.Kill();
            await holder.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task A_transaction_that_the_server_ended_as_idle_runs_again()
    {
        var connection = await TestDatabases.NewPostgresAsync();
        await using var database = DatabaseFactory.Open(
            new DatabaseOptions
            {
                Connection = connection,
                IdleInWriteTimeout = TimeSpan.FromSeconds(1),
                FirstRetryDelay = TimeSpan.FromMilliseconds(5),
            }
        );
        await using var observer = DatabaseFactory.Open(new DatabaseOptions { Connection = connection });
        await database.WriteAsync(
            (session, cancellationToken) => session.ExecuteAsync("CREATE TABLE t (x integer)", null, cancellationToken)
        );
        var attempts = 0;

        await database.WriteAsync(
            async (session, cancellationToken) =>
            {
                attempts++;
                await session.ExecuteAsync("INSERT INTO t VALUES (@attempts)", new { attempts }, cancellationToken);
                if (attempts == 1)
                    await UntilNoTransactionAsync(
                        observer,
                        await session.ScalarAsync<int>("SELECT pg_backend_pid()", null, cancellationToken)
                    );
            }
        );

        Assert.Equal(
            [2],
            await database.ReadAsync((session, cancellationToken) => session.QueryAsync<int>("SELECT x FROM t", null, cancellationToken))
        );
    }

    [Fact]
    public async Task A_wait_for_a_lock_ends_at_its_limit_and_is_named()
    {
        var connection = await TestDatabases.NewPostgresAsync();
        await using var holder = DatabaseFactory.Open(new DatabaseOptions { Connection = connection });
        await using var waiter = DatabaseFactory.Open(
            new DatabaseOptions
            {
                Connection = connection,
                LockTimeout = TimeSpan.FromSeconds(1),
                MaxAttempts = 1,
            }
        );

        await holder.WriteAsync(
            async (session, cancellationToken) =>
            {
                await session.ExecuteAsync($"SELECT pg_advisory_xact_lock({Key})", null, cancellationToken);
                var error = await Assert.ThrowsAsync<DatabaseBusyException>(() =>
                    waiter.WriteAsync((other, token) => other.ExecuteAsync($"SELECT pg_advisory_xact_lock({Key})", null, token))
                );
                Assert.Contains("lock timeout", error.Message, StringComparison.Ordinal);
            }
        );
    }

    private static async Task UntilNoTransactionAsync(Database observer, int backend)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (
            await observer.ReadAsync(
                (session, cancellationToken) =>
                    session.ScalarAsync<long>(
                        "SELECT count(*) FROM pg_stat_activity WHERE pid = @backend",
                        new { backend },
                        cancellationToken
                    ),
                deadline.Token
            ) > 0
        )
            await Task.Yield();
    }

    private static Process StartHolder(string connection, int idleSeconds) =>
        Process.Start(
            new ProcessStartInfo("dotnet")
            {
                ArgumentList =
                {
                    Path.Combine(AppContext.BaseDirectory, "Interop.Storage.LockHolder.dll"),
                    connection,
                    $"{Key}",
                    $"{idleSeconds}",
                },
                RedirectStandardOutput = true,
            }
        )!;
}

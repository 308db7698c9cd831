using Interop.Api.Tests.Support;
using Interop.TestServers;
using Xunit.Abstractions;

namespace Interop.Api.Tests.Crashes;

/// <summary>
/// A run that is interrupted by the end of the program continues at the next start, and its results equal those of an undisturbed run.
/// INTEROP_LONG=1 kills twenty times instead of three.
/// </summary>
public sealed class KillTests(LongRun run, ITestOutputHelper output) : IClassFixture<LongRun>
{
    private static readonly int Kills = Environment.GetEnvironmentVariable("INTEROP_LONG") == "1" ? 20 : 3;

    [Theory]
    [InlineData(20260105)]
    public async Task A_run_that_is_killed_repeatedly_on_SQLite_ends_as_an_undisturbed_one(int seed)
    {
        using var folder = new TemporaryFolder();
        await KilledRunAsync(folder.File("interop.db"), seed);
    }

    [Theory]
    [InlineData(20260216)]
    public async Task A_run_that_is_killed_repeatedly_on_PostgreSQL_ends_as_an_undisturbed_one(int seed) =>
        await KilledRunAsync(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync(), seed);

    [Fact]
    public async Task A_run_that_SIGTERM_interrupts_ends_as_an_undisturbed_one()
    {
        using var folder = new TemporaryFolder();
        var database = folder.File("interop.db");
        long id;
        await using (var first = run.Start(folder, database))
        {
            using var http = await first.ClientAsync();
            id = await LongRun.BeginAsync(http);
            Assert.True(await LongRun.ReachesAsync(http, id, run.Observations / 4), "the run ended too early to be put down");
            Assert.Equal(0, await first.TerminateAsync());
            Assert.Contains("left by a stopping host", first.Errors, StringComparison.Ordinal);
        }

        await FinishAsync(folder, database, id);
    }

    [Fact]
    public async Task A_run_survives_a_PostgreSQL_crash_and_answers_name_the_missing_database()
    {
        await using var postgres = await PostgresServer.StartNewAsync(new PostgresServerOptions { Fsync = false });
        using var folder = new TemporaryFolder();
        var database = await postgres.CreateDatabaseAsync();
        await using var program = run.Start(folder, database);
        using var http = await program.ClientAsync();
        var id = await LongRun.BeginAsync(http);
        Assert.True(await LongRun.ReachesAsync(http, id, run.Observations / 4), "the run ended too early");

        await postgres.KillAsync();
        await Eventually.Is(async () => (int)(await http.GetAsync("/health/ready")).StatusCode == 503, "readiness fails");
        var unready = await http.GetJsonAsync("/health/ready", System.Net.HttpStatusCode.ServiceUnavailable);
        Assert.StartsWith("database: the database cannot be reached", unready.Text("detail"), StringComparison.Ordinal);
        Assert.Equal("""{"status":"ok"}""", await http.GetStringAsync("/health"));
        using (var answer = await http.GetAsync("/runs"))
        {
            Assert.Equal(503, (int)answer.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(5), answer.Headers.RetryAfter?.Delta);
        }

        await postgres.StartAsync();
        await Eventually.Is(async () => (await http.GetAsync("/health/ready")).IsSuccessStatusCode, "the program is ready again");
        await LongRun.ReachesAsync(http, id, long.MaxValue);
        (await StoredState.ReadAsync(database, id)).AssertEqualTo(run.Undisturbed);
    }

    private async Task KilledRunAsync(string database, int seed)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(seed);
        // Moments spread over the whole run, each at a random amount of settled work.
        var moments = Enumerable.Range(0, Kills).Select(_ => random.NextInt64(0, run.Observations * 3 / 4)).Order().ToList();
        long id = 0;
        var killedAt = new List<long>();
        foreach (var moment in moments)
        {
            await using var program = run.Start(folder, database);
            using var http = await program.ClientAsync();
            if (id == 0)
                id = await LongRun.BeginAsync(http);
            if (!await LongRun.ReachesAsync(http, id, moment))
                break;
            await program.KillAsync();
            killedAt.Add(moment);
        }

        output.WriteLine($"killed {killedAt.Count} times, after {string.Join(", ", killedAt)} of {run.Observations} resources");
        Assert.Equal(moments, killedAt);
        await FinishAsync(folder, database, id);
    }

    private async Task FinishAsync(TemporaryFolder folder, string database, long id)
    {
        await using (var last = run.Start(folder, database))
        {
            using var http = await last.ClientAsync();
            await LongRun.ReachesAsync(http, id, long.MaxValue);
            output.WriteLine($"refetched {(await http.GetJsonAsync($"/runs/{id}")).GetProperty("counters").Number("refetched")}");
            Assert.Equal(0, await last.TerminateAsync());
        }

        (await StoredState.ReadAsync(database, id)).AssertEqualTo(run.Undisturbed);
    }
}

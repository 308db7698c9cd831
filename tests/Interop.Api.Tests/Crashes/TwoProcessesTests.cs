using System.Text;
using Interop.Api.Tests.Support;
using Interop.Storage;
using Interop.Storage.Connections;
using Interop.TestServers;

namespace Interop.Api.Tests.Crashes;

/// <summary>Two processes on one database: a second server is refused, and a command leaves the server's runs alone.</summary>
public sealed class TwoProcessesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task A_second_server_on_the_same_SQLite_folder_is_refused_and_told_the_first() =>
        SecondServerAsync("INTEROP_DATA", _folder.File("data"));

    [Fact]
    public async Task A_second_server_on_the_same_PostgreSQL_database_is_refused_and_told_the_first() =>
        await SecondServerAsync("DB_URL", await (await PostgresServer.SharedAsync()).CreateDatabaseAsync());

    [Fact]
    public Task A_command_in_the_folder_of_a_server_leaves_its_run_alone_on_SQLite() => CommandBesideServerAsync(_folder.File("shared.db"));

    [Fact]
    public async Task A_command_on_the_database_of_a_server_leaves_its_run_alone_on_PostgreSQL() =>
        await CommandBesideServerAsync(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync());

    private async Task SecondServerAsync(string setting, string value)
    {
        await using var first = Server("first", (setting, value));
        using var http = await first.ClientAsync();

        // The second one may have a folder of its own: the database decides.
        await using (var second = Server("second", (setting, value)))
        {
            Assert.Equal(2, await second.ExitCodeAsync());
            var refusal = second.Errors.Trim();
            Assert.DoesNotContain('\n', refusal);
            Assert.Matches(
                $@"^interop: the database .+ is used by process {first.ProcessId} on {Environment.MachineName} since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ: stop it first, or give this process another database \(INTEROP_DATA or DB_URL\)$",
                refusal
            );
        }

        Assert.Equal("""{"status":"ok"}""", await http.GetStringAsync("/health/ready"));
        Assert.Equal(0, await first.TerminateAsync());
        await using var third = Server("second", (setting, value));
        using var next = await third.ClientAsync();
        Assert.Equal("""{"status":"ok"}""", await next.GetStringAsync("/health/ready"));
    }

    private async Task CommandBesideServerAsync(string database)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await ScriptedServer.StartAsync(request => Answer(request, release.Task));
        var url = upstream.Base.AbsoluteUri;
        await using var server = Server("data", ("DB_URL", database), ("FHIR_BASE_URL", url));
        using var http = await server.ClientAsync();
        var runId = await http.StartRunAsync("/ingest/patients");
        await Eventually.Is(
            async () => (await http.GetJsonAsync($"/runs/{runId}")).GetProperty("progress").Number("pages") > 0,
            "the server's run has a page"
        );

        var foreign = await CommandAsync(database, "ingest", "Patient", "--source", "http://127.0.0.1:1/fhir");
        var otherType = await CommandAsync(database, "ingest", "Encounter", "--source", url);
        await using var same = Command(database, "ingest", "Patient", "--source", url);
        await Eventually.Is(
            () => same.Errors.Contains("this worker follows it", StringComparison.Ordinal),
            "the command follows the server's run"
        );
        var before = await http.GetJsonAsync($"/runs/{runId}");
        release.SetResult();

        Assert.Equal(2, foreign.ExitCode);
        Assert.Contains("the source 'default' was filled from", foreign.Errors, StringComparison.Ordinal);
        Assert.Equal(0, otherType.ExitCode);
        Assert.Equal("RUNNING", before.Text("status"));
        Assert.Equal($"process {server.ProcessId} on {Environment.MachineName}", before.GetProperty("details").Text("owner"));
        Assert.Equal(0, await same.ExitCodeAsync()); // it followed the run to its end
        var run = await http.GetJsonAsync($"/runs/{runId}");
        Assert.Equal(("SUCCESS", 2), (run.Text("status"), run.GetProperty("counters").Number("fetched")));
        Assert.Equal(1, run.GetProperty("details").Number("epoch")); // no other worker has claimed it
        Assert.Equal(1, await RunsOfPatientsAsync(database));
    }

    /// <summary>Two pages of patients; the second one comes when it is released. No resource of another type.</summary>
    private static ScriptedAnswer Answer(ScriptedRequest request, Task released)
    {
        if (request.IsMetadata)
            return ScriptedAnswer.NotFound;
        if (request.Path != "Patient")
            return ScriptedAnswer.Bundle([]);
        if (!request.Query.ContainsKey("page"))
            return ScriptedAnswer.Bundle(["""{"resourceType":"Patient","id":"a"}"""], $"{request.Base}Patient?page=2");
        var second = ScriptedAnswer.Bundle(["""{"resourceType":"Patient","id":"b"}"""]);
        return second with
        {
            WriteBody = async (body, aborted) =>
            {
                await released.WaitAsync(aborted);
                await body.WriteAsync(Encoding.UTF8.GetBytes(second.Body), aborted);
            },
        };
    }

    private InteropProcess Server(string folder, params (string Name, string Value)[] settings)
    {
        var given = new Dictionary<string, string> { ["PORT"] = "0", ["INTEROP_DATA"] = _folder.File(folder) };
        foreach (var (name, value) in settings)
            given[name] = value;
        return InteropProcess.Start(_folder.Path, given, "serve");
    }

    private InteropProcess Command(string database, params string[] arguments) =>
        InteropProcess.Start(
            _folder.Path,
            new Dictionary<string, string>
            {
                ["DB_URL"] = database,
                ["INTEROP_DATA"] = _folder.File("data"),
                ["LOG_LEVEL"] = "Debug",
            },
            arguments
        );

    private async Task<(int ExitCode, string Errors)> CommandAsync(string database, params string[] arguments)
    {
        await using var command = Command(database, arguments);
        return (await command.ExitCodeAsync(), command.Errors);
    }

    private static async Task<long> RunsOfPatientsAsync(string connection)
    {
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = connection });
        return await database.ReadAsync(
            (session, token) =>
                session.ScalarAsync<long>("SELECT COUNT(*) FROM ingestion_runs WHERE resource_type = 'Patient'", null, token)
        );
    }
}

using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.Sandbox;
using Interop.Sandbox.Faults;
using Interop.TestServers;

namespace Interop.Api.Tests.CommandLine;

/// <summary>SIGTERM and Ctrl-C end every command within seconds, and a run continues at the next start.</summary>
public sealed class StopTests : IDisposable
{
    private static readonly TimeSpan Allowed = TimeSpan.FromSeconds(8); // 5 s, and what a loaded machine adds

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_caller_that_waits_for_a_run_gets_202_with_its_location_when_the_server_stops()
    {
        await using var sandbox = await SlowSandboxAsync();
        await using var program = InteropProcess.Start(
            _folder.Path,
            new Dictionary<string, string>
            {
                ["PORT"] = "0",
                ["FHIR_BASE_URL"] = sandbox.FhirBase.AbsoluteUri,
                ["FHIR_PAGE_SIZE"] = "10",
            },
            "serve"
        );
        using var http = await program.ClientAsync();
        var waiting = http.PostAsync("/ingest/patients", null);
        await Eventually.Is(async () => (await http.GetJsonAsync("/runs")).GetArrayLength() > 0, "the run is active");

        var started = Stopwatch.GetTimestamp();
        Assert.Equal(0, await program.TerminateAsync());
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, Allowed);
        using var answer = await waiting;
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal($"/runs/{body.Number("run_id")}", answer.Headers.Location?.OriginalString);
        Assert.Equal("the server is stopping; the run continues at its next start", body.Text("reason"));
        Assert.DoesNotContain("Exception", program.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("demo")]
    [InlineData("ingest")]
    public async Task Ctrl_C_prints_no_stack_trace(string verb)
    {
        await using var sandbox = await SlowSandboxAsync();
        string[] arguments =
            verb == "demo" ? ["demo", "--patients", "3000"] : ["ingest", "Patient", "--source", sandbox.FhirBase.AbsoluteUri];
        await using var program = InteropProcess.Start(
            _folder.Path,
            new Dictionary<string, string> { ["PORT"] = "0", ["FHIR_PAGE_SIZE"] = "10" },
            arguments
        );
        var database = verb == "demo" ? "data/demo/interop.db" : "data/interop.db";
        await Eventually.Is(() => Task.FromResult(File.Exists(_folder.File(database))), "it has begun");
        var started = Stopwatch.GetTimestamp();
        Assert.Equal(130, await program.InterruptAsync());
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, Allowed);
        Assert.True(
            program.Errors.Trim() == "interop: stopped; an interrupted run continues at the next start",
            $"{program.Errors}\n{program.Output}"
        );
    }

    private static async Task<SandboxServer> SlowSandboxAsync()
    {
        var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 500 });
        sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.SlowHeaders,
                Type = "Patient",
                Seconds = 2,
            }
        );
        return sandbox;
    }
}

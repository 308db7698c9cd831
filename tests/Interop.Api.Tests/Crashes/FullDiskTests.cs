using System.Net;
using Interop.Api.Tests.Support;
using Interop.Sandbox;
using Interop.Sandbox.Faults;
using Interop.TestServers;

namespace Interop.Api.Tests.Crashes;

/// <summary>A full disk is named as such, readiness fails, and everything goes on when there is room again.</summary>
public sealed class FullDiskTests
{
    private const int Patients = 200;

    [SmallDiskFact]
    public async Task A_full_disk_is_507_and_not_ready_and_a_run_goes_on_when_there_is_room_again()
    {
        using var disk = new SmallDisk();
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = Patients, BadShare = 0 });
        await using var program = InteropProcess.Start(
            disk.Path,
            new Dictionary<string, string>
            {
                ["PORT"] = "0",
                ["FHIR_BASE_URL"] = sandbox.FhirBase.AbsoluteUri,
                ["FHIR_PAGE_SIZE"] = "10",
            },
            "serve"
        );
        using var http = await program.ClientAsync();
        await http.PostJsonAsync("/ingest/encounters?patient_id=pat-3");

        disk.Fill();
        var refused = await http.PostJsonAsync("/ingest/conditions", HttpStatusCode.InsufficientStorage);
        var export = await http.PostJsonAsync("/export/Encounter", HttpStatusCode.InsufficientStorage);
        var ready = await http.GetJsonAsync("/health/ready", HttpStatusCode.ServiceUnavailable);
        // The audit trail is on the same disk, and an answer that it cannot keep is not given.
        foreach (var problem in new[] { refused, export })
            Assert.Matches("the database has no room for more data|no space is left on the disk", problem.Text("detail"));
        Assert.StartsWith("database: the database has no room for more data", ready.Text("detail"), StringComparison.Ordinal);
        Assert.DoesNotContain("FailureHandler", program.Errors, StringComparison.Ordinal); // nothing failed without a name

        disk.Free();
        sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.SlowHeaders,
                Type = "Patient",
                Seconds = 0.1,
            }
        );
        var runId = await http.StartRunAsync("/ingest/patients");
        await Eventually.Is(
            async () => (await http.GetJsonAsync($"/runs/{runId}")).GetProperty("progress").Number("pages") > 0,
            "the run has a page"
        );
        disk.Fill();
        await Eventually.Is(
            () => program.Errors.Contains("was interrupted by the database", StringComparison.Ordinal),
            "the run is interrupted"
        );
        disk.Free();
        await Eventually.Is(async () => (await http.GetJsonAsync($"/runs/{runId}")).Text("status") != "RUNNING", "the run has ended");

        var run = await http.GetJsonAsync($"/runs/{runId}");
        Assert.Equal(("SUCCESS", Patients), (run.Text("status"), run.GetProperty("counters").Number("fetched")));
        Assert.Equal("""{"status":"ok"}""", await http.GetStringAsync("/health/ready"));
        Assert.Equal(0, await program.TerminateAsync());
    }
}

using Interop.Api.Tests.Support;
using Interop.Sandbox;
using Interop.Sandbox.Faults;
using Interop.TestServers;

namespace Interop.Api.Tests.Crashes;

/// <summary>A sandbox whose observations take some seconds in small pages, and the results of one undisturbed run.</summary>
public sealed class LongRun : IAsyncLifetime
{
    private const string Path = "/ingest/observations/backfill";

    private SandboxServer? _sandbox;

    public int Observations => _sandbox!.Store.Count("Observation");

    internal StoredState Undisturbed { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _sandbox = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = 180,
                BadShare = 0.02,
                MissingPatientShare = 0.005,
            }
        );
        _sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.SlowHeaders,
                Type = "Observation",
                Seconds = 0.01,
            }
        );
        using var folder = new TemporaryFolder();
        var database = folder.File("undisturbed.db");
        await using var program = Start(folder, database);
        using var http = await program.ClientAsync();
        var summary = await http.PostJsonAsync(Path);
        Assert.Equal(0, await program.TerminateAsync());
        Assert.Equal(0, summary.Number("refetched"));
        Undisturbed = await StoredState.ReadAsync(database, summary.Number("run_id"));
    }

    public async Task DisposeAsync() => await _sandbox!.DisposeAsync();

    internal InteropProcess Start(TemporaryFolder folder, string database) =>
        InteropProcess.Start(
            folder.Path,
            new Dictionary<string, string>
            {
                ["PORT"] = "0",
                ["DB_URL"] = database,
                ["FHIR_BASE_URL"] = _sandbox!.FhirBase.AbsoluteUri,
                ["FHIR_PAGE_SIZE"] = "20",
                ["FHIR_POLLING_ENABLED"] = "false",
            },
            "serve"
        );

    internal static Task<long> BeginAsync(HttpClient http) => http.StartRunAsync(Path);

    /// <summary>Waits until the run has settled this many resources, or has ended; true while it is active.</summary>
    internal static async Task<bool> ReachesAsync(HttpClient http, long runId, long fetched)
    {
        var isActive = true;
        await Eventually.Is(
            async () =>
            {
                var run = await http.GetJsonAsync($"/runs/{runId}");
                isActive = run.Text("status") == "RUNNING";
                return !isActive || run.GetProperty("counters").Number("fetched") >= fetched;
            },
            $"run {runId} has settled {fetched} resources"
        );
        return isActive;
    }
}

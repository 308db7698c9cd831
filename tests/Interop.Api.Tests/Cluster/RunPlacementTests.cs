using Interop.Api.Tests.Support;
using Interop.Sandbox;
using Interop.Sandbox.Faults;
using Interop.TestServers;

namespace Interop.Api.Tests.Cluster;

[Collection(ClusterProcesses.Collection)]
public sealed class RunPlacementTests
{
    private const int Sources = 12;
    private const int Patients = 400;

    [ClusterFact]
    public async Task Runs_that_start_together_spread_over_the_silos()
    {
        await using var sandbox = await SlowSandboxAsync();
        await using var cluster = await ClusterProcesses.CreateAsync([
            .. Enumerable.Range(0, Sources).Select(i => ($"Sources__s{i}__BaseUrl", sandbox.FhirBase.AbsoluteUri)),
            ("FHIR_PAGE_SIZE", "2"),
        ]);
        var (silos, http) = await cluster.StartAllAsync(3);
        using var _ = http;

        var runs = await Task.WhenAll(Enumerable.Range(0, Sources).Select(i => http.StartRunAsync($"/ingest/patients?source=s{i}")));

        var owners = new List<int>();
        foreach (var run in runs)
        {
            await Eventually.Is(async () => await cluster.OwnerAsync(run) is not null, $"run {run} has an owner");
            owners.Add((await cluster.OwnerAsync(run))!.Value);
        }

        var bySilo = silos.Select(silo => owners.Count(owner => owner == silo.ProcessId)).ToArray();
        Assert.Equal(Sources, bySilo.Sum());
        Assert.All(bySilo, count => Assert.InRange(count, 3, 5)); // 4 each, when no other run starts between them
    }

    [ClusterFact]
    public async Task A_silo_that_leaves_stops_its_run_at_a_page_boundary_and_another_one_continues_it()
    {
        await using var sandbox = await SlowSandboxAsync();
        await using var cluster = await ClusterProcesses.CreateAsync(
            ("FHIR_BASE_URL", sandbox.FhirBase.AbsoluteUri),
            ("FHIR_PAGE_SIZE", "10")
        );
        var (silos, http) = await cluster.StartAllAsync(3);
        using var _ = http;
        var run = await http.StartRunAsync("/ingest/patients");
        await Eventually.Is(async () => await PagesAsync(run) >= 3, "the run has pages");
        var owner = await cluster.OwnerAsync(run);
        var leaving = silos.Single(silo => silo.ProcessId == owner);

        Assert.Equal(0, await leaving.TerminateAsync());
        await Eventually.Is(
            async () => await EpochAsync(run) > 1 && await cluster.OwnerAsync(run) is { } next && next != owner,
            "another silo has the run"
        );
        await Eventually.Is(
            async () => (await http.GetJsonAsync($"/runs/{run}")).Text("status") is not ("RUNNING" or "RETRYING"),
            "the run has ended"
        );

        // It gave the run back; no other silo had to find that it is gone.
        Assert.Contains($"Run {run} is left by a stopping host", leaving.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("was not released", leaving.Errors, StringComparison.Ordinal);
        Assert.Equal(
            $"SUCCESS {Patients} 2",
            await cluster.ValueAsync<string>($"SELECT status || ' ' || fetched || ' ' || epoch FROM ingestion_runs WHERE run_id = {run}")
        );
        Assert.Equal(Patients, await cluster.ValueAsync<long>("SELECT COUNT(*) FROM resources"));

        Task<long> PagesAsync(long id) => cluster.ValueAsync<long>($"SELECT pages FROM ingestion_runs WHERE run_id = {id}");

        Task<long> EpochAsync(long id) => cluster.ValueAsync<long>($"SELECT epoch FROM ingestion_runs WHERE run_id = {id}");
    }

    private static async Task<SandboxServer> SlowSandboxAsync()
    {
        var sandbox = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = Patients,
                BadShare = 0,
                MissingPatientShare = 0,
            }
        );
        sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.SlowHeaders,
                Type = "Patient",
                Seconds = 0.2,
            }
        );
        return sandbox;
    }
}

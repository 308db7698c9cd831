using Interop.Api.Tests.Support;
using Interop.Sandbox;
using Interop.TestServers;

namespace Interop.Api.Tests.Cluster;

[Collection(ClusterProcesses.Collection)]
public sealed class CommandBesideClusterTests
{
    [ClusterFact]
    public async Task Ingestion_on_the_command_line_is_a_cluster_of_its_own_and_never_reads_the_servers_of_the_other_one()
    {
        await using var ofCluster = await ScriptedServer.StartAsync(_ => ScriptedAnswer.NotFound);
        await using var ofCommand = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = 30,
                BadShare = 0,
                MissingPatientShare = 0,
            }
        );
        await using var cluster = await ClusterProcesses.CreateAsync(("FHIR_BASE_URL", ofCluster.Base.AbsoluteUri));
        var (silos, http) = await cluster.StartAllAsync(1);
        using var _ = http;

        var (exitCode, errors) = await cluster.RunAsync("ingest", "Patient", "--source", ofCommand.FhirBase.AbsoluteUri);

        Assert.True(exitCode == 0, errors);
        Assert.Empty(ofCluster.Requests);
        Assert.Equal(30, await cluster.ValueAsync<long>("SELECT COUNT(*) FROM resources"));
        Assert.Equal("command", await cluster.ValueAsync<string>("SELECT process_kind FROM ingestion_runs"));
        // The command would be listed, as a dead silo, if it had joined.
        Assert.Single((await http.GetJsonAsync("/api/cluster")).GetProperty("silos").EnumerateArray());
        Assert.DoesNotContain("claimed, epoch", silos[0].Errors, StringComparison.Ordinal);
    }
}

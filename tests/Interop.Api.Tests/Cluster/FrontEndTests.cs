using Interop.Api.Tests.Support;
using Interop.TestServers;

namespace Interop.Api.Tests.Cluster;

[Collection(ClusterProcesses.Collection)]
public sealed class FrontEndTests
{
    [ClusterFact]
    public async Task A_front_end_that_starts_first_waits_for_the_tables_and_for_a_silo()
    {
        await using var cluster = await ClusterProcesses.CreateAsync();
        var front = cluster.StartFrontEnd();
        await WaitsAsync(front);
        Assert.Equal(0, await cluster.ValueAsync<long>("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"));

        cluster.StartSilo("silo");

        using var http = await front.ClientAsync();
        Assert.Equal("""{"status":"ok"}""", await http.GetStringAsync("/health/ready"));
        Assert.Equal(0, (await http.GetJsonAsync("/runs")).GetArrayLength());
    }

    [ClusterFact]
    public async Task A_front_end_waits_for_a_database_server_that_is_down()
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        var connection = await postgres.CreateDatabaseAsync();
        await postgres.StopAsync();
        await using var cluster = ClusterProcesses.On(connection);
        var front = cluster.StartFrontEnd();
        await WaitsAsync(front);

        await postgres.StartAsync();
        cluster.StartSilo("silo");

        using var http = await front.ClientAsync();
        Assert.Equal("""{"status":"ok"}""", await http.GetStringAsync("/health/ready"));
    }

    [EmbeddedTheory]
    [InlineData("silo")]
    [InlineData("api")]
    public async Task The_embedded_engine_refuses_a_part_of_a_cluster_and_says_what_to_build(string role)
    {
        using var folder = new TemporaryFolder();

        var (exitCode, _, errors) = await InteropProcess.RunAsync(
            folder.Path,
            new Dictionary<string, string>
            {
                ["PORT"] = "0",
                ["ROLE"] = role,
                ["JWT_SECRET_KEY"] = new('k', 32),
            },
            "serve"
        );

        Assert.Equal(2, exitCode);
        Assert.StartsWith($"interop: ROLE={role} needs a cluster: build with -p:Engine=Orleans", errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', errors);
    }

    private static async Task WaitsAsync(InteropProcess front)
    {
        await Eventually.Is(
            () => front.HasExited || front.Errors.Contains("The cluster cannot be reached yet", StringComparison.Ordinal),
            "the front end says that it waits"
        );
        Assert.False(front.HasExited, front.Errors);
    }
}

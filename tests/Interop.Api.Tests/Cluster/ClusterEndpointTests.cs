using System.Text.Json;
using Interop.Api.Tests.Support;

namespace Interop.Api.Tests.Cluster;

public sealed class ClusterEndpointTests
{
    [Fact]
    public async Task The_cluster_lists_its_active_silo_and_the_grains_that_have_been_called()
    {
        await using var server = await InteropServer.StartAsync();
        await server.Http.GetJsonAsync("/runs");

        var cluster = await server.Http.GetJsonAsync("/api/cluster");

        Assert.Contains(cluster.Text("engine"), new[] { "embedded", "orleans" });
        var silo = Assert.Single(cluster.GetProperty("silos").EnumerateArray());
        Assert.Equal("active", silo.Text("status"));
        Assert.True(silo.GetProperty("activations").GetInt32() > 0);
        Assert.Contains(
            cluster.GetProperty("grains").EnumerateArray().ToList(),
            (JsonElement grain) =>
                grain.Text("type") == "Interop.Ingestion.IngestionQueryGrain" && grain.GetProperty("activations").GetInt32() > 0
        );
    }
}

using System.Net;
using Interop.Access;
using Interop.Api.Tests.Access;
using Interop.TestServers;

namespace Interop.Api.Tests.Cluster;

[Collection(ClusterProcesses.Collection)]
public sealed class OrleansDashboardTests
{
    [ClusterFact]
    public async Task The_dashboard_of_Orleans_and_its_data_are_for_admins_only()
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var server = await AccessServer.StartAsync(("DB_URL", database));

        foreach (var path in new[] { "/orleans", "/orleans/version", "/orleans/ClusterStats", "/orleans/Reminders", "/orleans/Trace" })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await server.StatusAsync(HttpMethod.Get, path));
            foreach (var role in new[] { AccessRole.Viewer, AccessRole.Operator })
                Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(path, role));
        }

        foreach (var path in new[] { "/orleans/", "/orleans/version", "/orleans/ClusterStats", "/orleans/Reminders" })
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(path, AccessRole.Admin));

        async Task<HttpStatusCode> StatusAsync(string path, AccessRole role) =>
            await server.StatusAsync(HttpMethod.Get, path, ("Authorization", $"Bearer {await server.TokenAsync(role)}"));
    }
}

using System.Collections.Immutable;
using System.Reflection;
using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Cluster;

/// <summary>The silos of the cluster and the grains that are active on them; the same on either engine.</summary>
public static class ClusterEndpoints
{
    private const string Example = """
        {"engine":"orleans","engine_version":"10.4.2","version":"0.1.0",
         "silos":[{"name":"silo-1","address":"10.0.0.5:11111","status":"active","started_at":"2026-02-16T11:03:01Z","activations":3}],
         "grains":[{"type":"Interop.Ingestion.IngestionRunGrain","activations":2},{"type":"Interop.Views.ViewQueryGrain","activations":1}]}
        """;

    private static readonly Assembly EngineAssembly = typeof(IGrain).Assembly;

    public static void MapCluster(this IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/cluster", GetAsync)
            .RequireRole(AccessRole.Viewer)
            .WithTags("Health")
            .WithName("Cluster")
            .NotAudited("processes, no patient data")
            .WithSummary("The silos of the cluster and their active grains")
            .WithExample(Example);

    private static async Task<Ok<ClusterResponse>> GetAsync(IGrainFactory grains)
    {
        var management = grains.GetGrain<IManagementGrain>(0);
        var hosts = await management.GetDetailedHosts(onlyActive: false);
        var statistics = await management.GetSimpleGrainStatistics();
        var bySilo = statistics.GroupBy(s => s.SiloAddress).ToDictionary(g => g.Key, g => g.Sum(s => s.ActivationCount));
        return TypedResults.Ok(
            new ClusterResponse(
                EngineAssembly.GetName().Name == "Orleans.Local" ? "embedded" : "orleans",
                VersionOf(EngineAssembly),
                VersionOf(typeof(ClusterEndpoints).Assembly),
                [
                    .. hosts
                        .OrderBy(h => h.StartTime)
                        .Select(h => new SiloResponse(
                            h.SiloName,
                            h.SiloAddress.Endpoint.ToString(),
                            h.Status.ToString().ToLowerInvariant(),
                            new DateTimeOffset(DateTime.SpecifyKind(h.StartTime, DateTimeKind.Utc)),
                            bySilo.GetValueOrDefault(h.SiloAddress)
                        )),
                ],
                [
                    .. statistics
                        .GroupBy(s => s.GrainType.Split(',')[0])
                        .OrderBy(g => g.Key, StringComparer.Ordinal)
                        .Select(g => new GrainTypeResponse(g.Key, g.Sum(s => s.ActivationCount))),
                ]
            )
        );
    }

    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+', ' ')[0].TrimEnd('.') ?? "";
}

/// <summary>The cluster: its engine and versions, its silos, and its activations by grain class.</summary>
public sealed record ClusterResponse(
    string Engine,
    string EngineVersion,
    string Version,
    ImmutableArray<SiloResponse> Silos,
    ImmutableArray<GrainTypeResponse> Grains
);

/// <summary>A silo in the membership table. A dead one is listed until its entry is removed.</summary>
public sealed record SiloResponse(string Name, string Address, string Status, DateTimeOffset StartedAt, int Activations);

/// <summary>How many activations of a grain class the cluster has.</summary>
public sealed record GrainTypeResponse(string Type, int Activations);

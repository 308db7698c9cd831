using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Api.Tests.Support;

/// <summary>The endpoints of a server.</summary>
internal static class ApiEndpoints
{
    public static IEnumerable<RouteEndpoint> All(IServiceProvider services) =>
        services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();

    /// <summary>Without the dashboard: its pages, its connection (<c>/_blazor</c>) and its files (<c>/_content</c>).</summary>
    public static IEnumerable<RouteEndpoint> OfApi(IServiceProvider services) =>
        All(services)
            .Where(endpoint => endpoint.Metadata.GetMetadata<ComponentTypeMetadata>() is null)
            .Where(endpoint => !endpoint.RoutePattern.RawText!.TrimStart('/').StartsWith('_'));
}

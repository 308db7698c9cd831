using Microsoft.AspNetCore.Routing;

namespace Interop.Dashboard.Pages.Cluster;

/// <summary>The pages of the engine itself: Microsoft Orleans has some, the embedded engine has none.</summary>
public static class EnginePages
{
    /// <summary>Where the host maps them, for administrators only.</summary>
    public const string Path = "/orleans";

    /// <summary>Whether this process serves them.</summary>
    public static bool AreIn(EndpointDataSource endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.Endpoints.OfType<RouteEndpoint>().Any(endpoint => IsBelow(endpoint.RoutePattern.RawText));
    }

    private static bool IsBelow(string? route) =>
        $"/{route?.Trim('/')}" is var path && (path == Path || path.StartsWith($"{Path}/", StringComparison.OrdinalIgnoreCase));
}

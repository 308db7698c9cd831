using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Http;

/// <summary>
/// Looks at an endpoint's query values before they are bound: a refusal then names the parameter as its caller knows it, and what it takes,
/// where the framework would speak of types and properties.
/// </summary>
internal sealed class QueryCheck(RequestDelegate next)
{
    private readonly ConcurrentDictionary<Endpoint, IReadOnlyList<QueryParameter>> _parameters = new();

    public Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint() is not RouteEndpoint endpoint)
            return next(http);
        foreach (var parameter in _parameters.GetOrAdd(endpoint, ParametersOf))
        {
            if (http.Request.Query.TryGetValue(parameter.Name, out var values) && parameter.Problem(values) is { } problem)
                return Problems.BadRequest(problem).ExecuteAsync(http);
        }

        return next(http);
    }

    private static IReadOnlyList<QueryParameter> ParametersOf(Endpoint endpoint)
    {
        var inPath = ((RouteEndpoint)endpoint).RoutePattern.Parameters.Select(p => p.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return endpoint.Metadata.GetMetadata<MethodInfo>() is { } method
            ? [.. method.GetParameters().SelectMany(QueryParameter.Of).Where(p => !inPath.Contains(p.Name))]
            : [];
    }
}

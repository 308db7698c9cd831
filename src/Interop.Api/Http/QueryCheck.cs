using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;

namespace Interop.Api.Http;

/// <summary>
/// Checks the query of a request before it is bound. A refusal names the parameter as its caller knows it and says what it takes; the
/// framework would name types and properties. A parameter that the endpoint does not have is refused, because a misspelled filter would
/// otherwise return everything.
/// </summary>
internal sealed class QueryCheck(RequestDelegate next)
{
    private readonly ConcurrentDictionary<Endpoint, IReadOnlyList<QueryParameter>?> _parameters = new();

    public Task InvokeAsync(HttpContext http)
    {
        if (!http.Request.QueryString.HasValue)
            return next(http);
        foreach (var (name, values) in http.Request.Query)
        {
            if (name.Contains('\0') || values.Any(value => value?.Contains('\0') ?? false))
                return Problems.BadRequest($"{Printable(name)} must not contain the character NUL (%00)").ExecuteAsync(http);
        }

        if (http.GetEndpoint() is not RouteEndpoint endpoint || _parameters.GetOrAdd(endpoint, ParametersOf) is not { } parameters)
            return next(http);
        Dictionary<string, StringValues>? spelledOut = null;
        foreach (var (name, values) in http.Request.Query)
        {
            if (parameters.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is not { } parameter)
                return Problems.BadRequest(Unknown(name, parameters)).ExecuteAsync(http);
            if (parameter.Type == typeof(bool) && values.ToString() is "0" or "1")
                (spelledOut ??= http.Request.Query.ToDictionary(q => q.Key, q => q.Value))[name] =
                    values.ToString() == "1" ? "true" : "false";
            else if (parameter.Problem(values) is { } problem)
                return Problems.BadRequest(problem).ExecuteAsync(http);
        }

        if (spelledOut is not null)
            http.Request.Query = new QueryCollection(spelledOut);
        return next(http);
    }

    /// <summary>Null for an endpoint without a handler of ours.</summary>
    private static IReadOnlyList<QueryParameter>? ParametersOf(Endpoint endpoint)
    {
        var inPath = ((RouteEndpoint)endpoint).RoutePattern.Parameters.Select(p => p.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return endpoint.Metadata.GetMetadata<MethodInfo>() is { } method
            ? [.. method.GetParameters().SelectMany(QueryParameter.Of).Where(p => !inPath.Contains(p.Name))]
            : null;
    }

    private static string Unknown(string name, IReadOnlyList<QueryParameter> parameters) =>
        parameters.Count == 0
            ? $"'{Printable(name)}' is not a query parameter of this endpoint: it has none"
            : $"'{Printable(name)}' is not a query parameter of this endpoint: it takes {string.Join(", ", parameters.Select(p => p.Name))}";

    private static string Printable(string name) => string.Concat(name.Take(64).Select(c => char.IsControl(c) ? '?' : c));
}

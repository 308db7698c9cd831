using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace Interop.Api.Telemetry;

/// <summary>The <c>Link</c> header of a page.</summary>
internal static class NextPage
{
    /// <summary>The same request with this cursor.</summary>
    public static string Link(HttpRequest request, string cursor)
    {
        var query = new QueryBuilder(
            request.Query.Where(q => q.Key != "cursor").SelectMany(q => q.Value, (q, v) => KeyValuePair.Create(q.Key, v ?? ""))
        )
        {
            { "cursor", cursor },
        };
        return $"<{UriHelper.BuildRelative(request.PathBase, request.Path, query.ToQueryString())}>; rel=\"next\"";
    }
}

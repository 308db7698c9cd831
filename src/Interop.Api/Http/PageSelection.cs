using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace Interop.Api.Http;

/// <summary>
/// Chooses between a page of the dashboard and an endpoint of the API at the same path: a caller that accepts HTML gets the page, every
/// other caller gets the API. So <c>/runs/42</c> is one address for people and programs.
/// </summary>
internal sealed class PageSelection : MatcherPolicy, IEndpointSelectorPolicy
{
    /// <summary>After the policies of the framework, such as the one for methods.</summary>
    public override int Order => 1000;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(IsPage);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var (hasPage, hasOther) = (false, false);
        for (var i = 0; i < candidates.Count; i++)
        {
            if (candidates.IsValidCandidate(i))
                _ = IsPage(candidates[i].Endpoint) ? hasPage = true : hasOther = true;
        }

        if (!hasPage || !hasOther)
            return Task.CompletedTask;
        var wantsPage = AcceptsHtml(httpContext.Request) && HttpMethods.IsGet(httpContext.Request.Method);
        for (var i = 0; i < candidates.Count; i++)
        {
            if (IsPage(candidates[i].Endpoint) != wantsPage)
                candidates.SetValidity(i, false);
        }

        httpContext.Response.Headers.Append("Vary", "Accept");
        return Task.CompletedTask;
    }

    /// <summary>Whether the endpoint is a page of the dashboard.</summary>
    public static bool IsPage(Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<ComponentTypeMetadata>() is not null;

    /// <summary>Whether the caller is a browser that shows a page.</summary>
    public static bool AcceptsHtml(HttpRequest request) =>
        request.Headers.Accept.Any(value => value?.Contains("text/html", StringComparison.OrdinalIgnoreCase) ?? false);
}

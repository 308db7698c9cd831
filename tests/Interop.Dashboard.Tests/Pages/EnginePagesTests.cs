using Interop.Dashboard.Pages.Cluster;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Interop.Dashboard.Tests.Pages;

/// <summary>Whether the cluster page links to the engine's own pages.</summary>
public sealed class EnginePagesTests
{
    [Theory]
    [InlineData("/orleans", true)]
    [InlineData("orleans/{**path}", true)]
    [InlineData("/orleans/index.html", true)]
    [InlineData("/orleansfoo", false)]
    [InlineData("/runs", false)]
    [InlineData("/", false)]
    public void They_are_there_when_the_host_maps_them(string route, bool isThere)
    {
        var endpoint = new RouteEndpoint(
            _ => Task.CompletedTask,
            RoutePatternFactory.Parse(route),
            0,
            EndpointMetadataCollection.Empty,
            null
        );

        Assert.Equal(isThere, EnginePages.AreIn(new DefaultEndpointDataSource(endpoint)));
    }
}

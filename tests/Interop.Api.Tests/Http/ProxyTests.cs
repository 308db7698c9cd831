using System.Net;
using Interop.Api.Tests.Support;

namespace Interop.Api.Tests.Http;

/// <summary>A server behind a proxy that ends TLS, with a name of its own.</summary>
public sealed class ProxyTests
{
    [Theory]
    [InlineData("127.0.0.1", HttpStatusCode.NotFound)] // past the guard: there is no source
    [InlineData("10.0.0.0/8", HttpStatusCode.Forbidden)]
    public async Task A_page_of_the_server_may_post_through_a_trusted_proxy_only(string proxies, HttpStatusCode expected)
    {
        await using var server = await InteropServer.StartAsync(("TRUSTED_PROXIES", proxies), ("ALLOWED_HOSTS", "interop.example.org"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/ingest/patients")
        {
            Headers =
            {
                { "Origin", "https://interop.example.org" },
                { "X-Forwarded-Proto", "https" },
                { "X-Forwarded-Host", "interop.example.org" },
                { "X-Forwarded-For", "192.0.2.7" },
            },
        };
        using var response = await server.Http.SendAsync(request);
        Assert.Equal(expected, response.StatusCode);
        Assert.Equal(expected == HttpStatusCode.NotFound, response.Headers.Contains("Strict-Transport-Security"));
    }
}

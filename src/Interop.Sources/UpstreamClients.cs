using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Sources;

/// <summary>The one place that sets up HTTP clients for upstream servers.</summary>
public static class UpstreamClients
{
    /// <summary>
    /// Adds a named client for calls to upstream servers. It follows no redirect, keeps no cookie, decompresses answers, renews its
    /// connections every five minutes (so that a changed DNS entry is seen) and logs nothing: URLs and headers may identify patients.
    /// It has no time limit of its own; the caller sets one per request.
    /// </summary>
    public static IHttpClientBuilder AddUpstreamClient(this IServiceCollection services, string name) =>
        services
            .AddHttpClient(name)
            .ConfigureHttpClient(http => http.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() =>
                new SocketsHttpHandler
                {
                    AllowAutoRedirect = false,
                    AutomaticDecompression = DecompressionMethods.All,
                    PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                    UseCookies = false,
                }
            )
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();
}

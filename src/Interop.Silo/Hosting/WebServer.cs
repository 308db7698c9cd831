using Interop.Api.Http;
using Interop.Silo.Settings;

namespace Interop.Silo.Hosting;

/// <summary>Kestrel: where it listens, and what it accepts at most.</summary>
internal static class WebServer
{
    private const long MaxBodyBytes = 1024 * 1024;
    private const int MaxRequestLineBytes = 1024 * 1024;
    private const int MaxHeadersBytes = 256 * 1024;

    public static void AddWebServer(this WebApplicationBuilder builder, InteropSettings settings) =>
        builder
            .WebHost.UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
                // Above the limits of the API, whose refusals have a body.
                kestrel.Limits.MaxRequestLineSize = MaxRequestLineBytes;
                kestrel.Limits.MaxRequestBufferSize = 2 * MaxRequestLineBytes; // the default is 1 MiB, and a line must fit into it
                kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeadersBytes;
                kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(BadRequestAnswers.Connection));
                // TLS: certificates and further endpoints in the section that ASP.NET Core documents for Kestrel.
                kestrel.Configure(settings.Configuration.GetSection("Kestrel"));
                kestrel.Listen(settings.BindAddress, settings.Port);
            });
}

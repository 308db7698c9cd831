using Interop.Silo.Settings;

namespace Interop.Silo.Hosting;

/// <summary>Kestrel: where it listens, and what it accepts at most.</summary>
internal static class WebServer
{
    private const long MaxBodyBytes = 1024 * 1024;

    public static void AddWebServer(this WebApplicationBuilder builder, InteropSettings settings) =>
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            // TLS: certificates and further endpoints in the section that ASP.NET Core documents for Kestrel.
            kestrel.Configure(settings.Configuration.GetSection("Kestrel"));
            kestrel.Listen(settings.BindAddress, settings.Port);
        });
}

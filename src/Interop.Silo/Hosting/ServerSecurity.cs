using Interop.Api;
using Interop.Silo.Settings;

namespace Interop.Silo.Hosting;

/// <summary>Decides whether the API may be open without users.</summary>
internal static class ServerSecurity
{
    /// <exception cref="SettingsException">The API would be open to a network.</exception>
    public static void Check(InteropSettings settings)
    {
        if (settings.IsLoopback)
            return;
        if (settings.Auth != "none")
        {
            throw new SettingsException(
                $"BIND={settings.Bind} would open the API, and the patient data in it, to the network: there are no users yet. " +
                "Bind to 127.0.0.1, or set AUTH=none if a proxy in front of it authenticates callers");
        }

        if (settings.AllowedHosts.Count == 0)
        {
            throw new SettingsException(
                $"BIND={settings.Bind} needs ALLOWED_HOSTS, the host names under which callers reach this server, such as interop.example.org. " +
                "Otherwise a web page could reach it under a name of its own (DNS rebinding)");
        }
    }

    public static ApiOptions ApiOptions(InteropSettings settings) => new()
    {
        CorsOrigins = [.. settings.CorsOrigins.Select(origin => origin.TrimEnd('/'))],
        AllowedHosts = settings.AllowedHosts,
        TrustedProxies = [.. settings.TrustedProxies.Select(proxy => InteropSettings.ParseNetwork(proxy)!.Value)],
    };

    /// <summary>The line about access that a start prints.</summary>
    public static string Describe(InteropSettings settings) =>
        settings.IsLoopback ? "open to this machine only: no users are configured" : "AUTH=none: open to everyone who reaches it";
}

using System.Net;
using Interop.Silo.Settings;

namespace Interop.Silo.Hosting;

/// <summary>Who may be let in without being asked (contracts/platform.md, Security).</summary>
internal static class ServerSecurity
{
    public static bool IsLoopback(string bind) => IPAddress.IsLoopback(IPAddress.Parse(bind));

    /// <exception cref="SettingsException">The API would be open to a network.</exception>
    public static void Check(InteropSettings settings)
    {
        if (!IsLoopback(settings.Bind) && settings.Auth != "none")
        {
            throw new SettingsException(
                $"BIND={settings.Bind} would open the API, and the patient data in it, to the network: there are no users yet. " +
                "Bind to 127.0.0.1, or say AUTH=none if something in front of it asks who is there");
        }
    }

    /// <summary>What the start says about it.</summary>
    public static string Describe(InteropSettings settings) =>
        IsLoopback(settings.Bind) ? "open to this machine only: no users are configured" : "AUTH=none: open to everyone who reaches it";
}

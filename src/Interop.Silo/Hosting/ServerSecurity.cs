using Interop.Access;
using Interop.Api;
using Interop.Api.Access;
using Interop.Silo.Settings;
using Interop.Storage.Connections;

namespace Interop.Silo.Hosting;

/// <summary>Decides whether the API may be open without users.</summary>
internal static class ServerSecurity
{
    /// <summary>After the migration, because users are in the database.</summary>
    /// <exception cref="SettingsException">The API would be open to a network, or to web pages.</exception>
    public static async Task CheckAsync(InteropSettings settings, CancellationToken cancellationToken)
    {
        if (settings.IsLoopback)
            return;
        // A front end of its own cannot read the database; it never lets callers in without credentials.
        if (
            settings.Auth != "none"
            && !HasIssuer(settings)
            && settings.Role != ProcessRole.Api
            && !await HasUsersAsync(settings, cancellationToken)
        )
        {
            throw new SettingsException(
                $"BIND={settings.Bind} would open the API, and the patient data in it, to the network: there are no users yet. "
                    + "Add one with 'user add NAME --role admin', set OIDC_ISSUER, bind to 127.0.0.1, or set AUTH=none if a proxy in front of it authenticates callers"
            );
        }

        if (settings.AllowedHosts.Count == 0)
        {
            throw new SettingsException(
                $"BIND={settings.Bind} needs ALLOWED_HOSTS, the host names under which callers reach this server, such as interop.example.org. "
                    + "Otherwise a web page could reach it under a name of its own (DNS rebinding)"
            );
        }
    }

    public static ApiOptions ApiOptions(InteropSettings settings) =>
        new()
        {
            CorsOrigins = [.. settings.CorsOrigins.Select(origin => origin.TrimEnd('/'))],
            AllowedHosts = settings.AllowedHosts,
            TrustedProxies = [.. settings.TrustedProxies.Select(proxy => InteropSettings.ParseNetwork(proxy)!.Value)],
            Access = new AccessOptions
            {
                IsOpen = settings.Auth == "none",
                IsLoopback = settings.IsLoopback,
                SigningKeys = SigningKeys.Load(settings),
                Oidc = HasIssuer(settings) ? settings.Options<OidcOptions>("Oidc") : null,
            },
        };

    /// <summary>The line about access that a start prints.</summary>
    public static async Task<string> DescribeAsync(InteropSettings settings, CancellationToken cancellationToken)
    {
        if (settings.Auth == "none")
            return "AUTH=none: open to every caller that reaches it";
        var issuer = HasIssuer(settings) ? $", single sign-on by {settings.Options<OidcOptions>("Oidc").Issuer}" : "";
        if (settings.Role == ProcessRole.Api || await HasUsersAsync(settings, cancellationToken))
            return $"users and API keys{issuer}";
        return issuer.Length > 0 ? issuer[2..] : "open to this machine only: no users are configured";
    }

    private static bool HasIssuer(InteropSettings settings) => settings.Options<OidcOptions>("Oidc").Issuer is not null;

    private static async Task<bool> HasUsersAsync(InteropSettings settings, CancellationToken cancellationToken)
    {
        await using var database = DatabaseFactory.Open(settings.DatabaseOptions);
        return await new UserAdministration(database, TimeProvider.System).IsConfiguredAsync(cancellationToken);
    }
}

using Interop.Discovery;
using Interop.Telemetry;
using Interop.Tokens;

namespace Interop.Silo.Settings;

/// <summary>Reads the settings of telemetry, tenants and patient discovery.</summary>
internal static class ExchangeSettings
{
    /// <exception cref="SettingsException">A setting is bad.</exception>
    public static TelemetryOptions Telemetry(IConfiguration configuration, string dataDirectory)
    {
        var options = new TelemetryOptions { SpoolDirectory = Path.Combine(dataDirectory, "telemetry") };
        SettingsBinder.Bind(configuration.GetSection("Telemetry"), options);
        return options.Validate() is { } bad ? throw new SettingsException(bad) : options;
    }

    /// <exception cref="SettingsException">A setting is bad.</exception>
    public static XcpdOptions Xcpd(IConfiguration configuration)
    {
        var options = new XcpdOptions();
        SettingsBinder.Bind(configuration.GetSection("Xcpd"), options);
        return options;
    }

    /// <exception cref="SettingsException">A setting is bad.</exception>
    public static IReadOnlyDictionary<string, TenantOptions> Tenants(IConfiguration configuration)
    {
        var tenants = new Dictionary<string, TenantOptions>(StringComparer.Ordinal);
        foreach (var section in configuration.GetSection("Tenants").GetChildren())
        {
            var tenant = new TenantOptions();
            SettingsBinder.Bind(section, tenant);
            tenant.ClientSecret = SettingsReader.Secret(configuration, $"{section.Path}:ClientSecret");
            tenant.Password = SettingsReader.Secret(configuration, $"{section.Path}:Password");
            tenants.Add(section.Key, tenant);
        }

        if (!tenants.TryGetValue("default", out var flat))
            tenants.Add("default", flat = new TenantOptions());
        flat.TokenUrl = configuration["OPENEMR_TOKEN_URL"] ?? flat.TokenUrl;
        flat.ClientId = configuration["OPENEMR_CLIENT_ID"] ?? flat.ClientId;
        flat.ClientSecret = SettingsReader.Secret(configuration, "OPENEMR_CLIENT_SECRET") ?? flat.ClientSecret;
        flat.Username = configuration["OPENEMR_USERNAME"] ?? flat.Username;
        flat.Password = SettingsReader.Secret(configuration, "OPENEMR_PASSWORD") ?? flat.Password;
        flat.Scope = configuration["OPENEMR_SCOPE"] ?? flat.Scope;
        flat.MirthEndpointUrl = configuration["MIRTH_PD_ENDPOINT_URL"] ?? flat.MirthEndpointUrl;
        return tenants.Select(t => t.Value.Validate(t.Key)).FirstOrDefault(problem => problem is not null) is { } bad
            ? throw new SettingsException(bad)
            : tenants;
    }
}

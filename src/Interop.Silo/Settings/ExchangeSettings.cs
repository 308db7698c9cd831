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
        SettingsReader.Bind(configuration.GetSection("Telemetry"), options);
        return options.Validate() is { } bad ? throw new SettingsException(bad) : options;
    }

    /// <exception cref="SettingsException">A setting is bad.</exception>
    public static XcpdOptions Xcpd(IConfiguration configuration)
    {
        var options = new XcpdOptions();
        SettingsReader.Bind(configuration.GetSection("Xcpd"), options);
        return options;
    }

    /// <exception cref="SettingsException">A setting is bad.</exception>
    public static IReadOnlyDictionary<string, TenantOptions> Tenants(IConfiguration configuration)
    {
        var tenants = new Dictionary<string, TenantOptions>(StringComparer.Ordinal);
        foreach (var section in configuration.GetSection("Tenants").GetChildren())
        {
            var tenant = new TenantOptions();
            SettingsReader.Bind(WithoutFiles(section), tenant);
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

    /// <summary>The section without the names of files with secrets, which are read by themselves.</summary>
    private static IConfiguration WithoutFiles(IConfigurationSection section) => new ConfigurationBuilder()
        .AddInMemoryCollection(section.AsEnumerable(makePathsRelative: true).Where(s => !s.Key.EndsWith("_FILE", StringComparison.Ordinal)))
        .Build();
}

using System.Globalization;
using System.Net;
using Interop.Fhir.Client;
using Interop.Ingestion;
using Interop.Sources;

namespace Interop.Silo.Settings;

/// <summary>Reads and checks the settings; the first bad one ends the start with one line.</summary>
internal static class SettingsReader
{
    private static readonly (string Name, string Instead)[] WithoutEffect =
    [
        ("TELEMETRY_DB_PATH", "telemetry lies in the database (DB_URL or INTEROP_DATA)"),
        ("MONGODB_URI", "alerts lie in the database (DB_URL or INTEROP_DATA)"),
        ("FHIR_POLLING_TRACKER_FILE", "each poller's watermark lies in the database"),
    ];

    /// <exception cref="SettingsException">A setting is bad.</exception>
    public static InteropSettings Read(IConfiguration configuration, TimeProvider time)
    {
        var data = configuration["INTEROP_DATA"] ?? "data";
        var url = Secret(configuration, "DB_URL");
        var sqlite = string.IsNullOrEmpty(url) ? Path.Combine(data, "interop.db") : null;
        return new InteropSettings
        {
            Port = Integer(configuration, "PORT", 8000, 0, 65535),
            Bind = Address(configuration["BIND"] ?? "127.0.0.1"),
            DataDirectory = data,
            Database = url is { Length: > 0 } ? url : sqlite!,
            SqliteFile = sqlite,
            Auth = OneOf(configuration, "AUTH", null, "none"),
            Role = Enum.Parse<ProcessRole>(OneOf(configuration, "ROLE", "all", "all", "silo", "api")!, ignoreCase: true),
            SiloAddress = SiloAddress(configuration["SILO_ADDRESS"]),
            SiloPort = Integer(configuration, "SILO_PORT", 11111, 0, 65535),
            GatewayPort = Integer(configuration, "GATEWAY_PORT", 30000, 0, 65535),
            LogLevel = Level(configuration["LOG_LEVEL"] ?? "Information"),
            CorsOrigins = [.. (configuration["CORS_ORIGINS"] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Origin)],
            Sources = Sources(configuration),
            Ingestion = Ingestion(configuration, time),
            Validation = ValidationSettings.Read(configuration),
            Export = new ExportOptions
            {
                Enabled = Boolean(configuration, "Exports:Enabled", true),
                Directory = configuration["Exports:Directory"] ?? Path.Combine(data, "exports"),
            },
            Views = Views(configuration),
            Telemetry = ExchangeSettings.Telemetry(configuration, data),
            Tenants = ExchangeSettings.Tenants(configuration),
            Xcpd = ExchangeSettings.Xcpd(configuration),
            OtlpEndpoint = Url(configuration, "OTEL_EXPORTER_OTLP_ENDPOINT"),
            OpenTelemetry = configuration.AsEnumerable().Where(s => s.Key.StartsWith("OTEL_", StringComparison.Ordinal)).ToDictionary(s => s.Key, s => s.Value),
            Ineffective = [.. WithoutEffect.Where(w => configuration[w.Name] is not null).Select(w => $"{w.Name} has no effect: {w.Instead}")],
        };
    }

    private static Dictionary<string, SourceOptions> Sources(IConfiguration configuration)
    {
        var sources = new Dictionary<string, SourceOptions>(StringComparer.Ordinal);
        foreach (var section in configuration.GetSection("Sources").GetChildren())
        {
            var source = new SourceOptions();
            SettingsBinder.Bind(section, source);
            source.Auth.Password = Secret(configuration, $"{section.Path}:Auth:Password");
            source.Auth.ClientSecret = Secret(configuration, $"{section.Path}:Auth:ClientSecret");
            sources.Add(section.Key, source);
        }

        if (configuration["FHIR_BASE_URL"] is { Length: > 0 } url)
        {
            if (!sources.TryGetValue("default", out var flat))
                sources.Add("default", flat = new SourceOptions());
            flat.BaseUrl = url;
        }

        return sources.Select(s => s.Value.Validate(s.Key)).FirstOrDefault(problem => problem is not null) is { } bad
            ? throw new SettingsException(bad)
            : sources;
    }

    private static IngestionOptions Ingestion(IConfiguration configuration, TimeProvider time)
    {
        var options = new IngestionOptions();
        SettingsBinder.Bind(configuration.GetSection("Ingestion"), options);
        options.PageSize = Integer(configuration, "FHIR_PAGE_SIZE", options.PageSize, 1, 10_000);
        if (configuration["FHIR_LAST_UPDATED_GTE"] is { Length: > 0 } text)
        {
            options.LastUpdatedGte = Instant(text)
                ?? throw new SettingsException($"FHIR_LAST_UPDATED_GTE must be a date or an instant such as 2026-01-31 or 2026-01-31T00:00:00Z, not '{text}'");
        }

        if (options.LastUpdatedGte > time.GetUtcNow())
            throw new SettingsException($"FHIR_LAST_UPDATED_GTE must not be in the future: {options.LastUpdatedGte:O}");
        return options;
    }

    private static ViewOptions Views(IConfiguration configuration)
    {
        var options = new ViewOptions();
        SettingsBinder.Bind(configuration.GetSection("Views"), options);
        return options.Directory is { Length: > 0 } directory && !Directory.Exists(directory)
            ? throw new SettingsException($"Views:Directory must be a folder of ViewDefinition files (*.json): '{directory}' is none")
            : options;
    }

    private static DateTimeOffset? Instant(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero)
            : ResourceHeader.ParseInstant(text);

    /// <summary>A secret as it stands, or from the file that <c>NAME_FILE</c> names.</summary>
    internal static string? Secret(IConfiguration configuration, string name)
    {
        if (configuration[$"{name}_FILE"] is not { Length: > 0 } file)
            return configuration[name];
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{name}_FILE: {file} cannot be read: {e.Message}");
        }
    }

    private static int Integer(IConfiguration configuration, string name, int otherwise, int min, int max)
    {
        if (configuration[name] is not { Length: > 0 } text)
            return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new SettingsException($"{name} must be a whole number from {min} to {max}, not '{text}'");
    }

    private static bool Boolean(IConfiguration configuration, string name, bool otherwise) =>
        configuration[name] is not { Length: > 0 } text ? otherwise
        : bool.TryParse(text, out var value) ? value
        : throw new SettingsException($"{name} must be true or false, not '{text}'");

    private static string? Url(IConfiguration configuration, string name) =>
        configuration[name] is not { Length: > 0 } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https") ? text
        : throw new SettingsException($"{name} must be an absolute http or https URL, not '{text}'");

    internal static string? OneOf(IConfiguration configuration, string name, string? otherwise, params string[] allowed)
    {
        if (configuration[name] is not { Length: > 0 } text)
            return otherwise;
        return allowed.Contains(text.ToLowerInvariant())
            ? text.ToLowerInvariant()
            : throw new SettingsException($"{name} must be {string.Join(", ", allowed)}, not '{text}'");
    }

    private static string Address(string text) =>
        text == "localhost" ? "127.0.0.1"
        : IPAddress.TryParse(text, out _) ? text
        : throw new SettingsException($"BIND must be an IP address such as 127.0.0.1 or 0.0.0.0, not '{text}'");

    private static IPAddress? SiloAddress(string? text) =>
        string.IsNullOrEmpty(text) ? null
        : IPAddress.TryParse(text, out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) ? address
        : throw new SettingsException($"SILO_ADDRESS must be the one IP address at which other processes reach this silo, such as 10.0.0.5, not '{text}'");

    private static string Origin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https")
            ? text.TrimEnd('/')
            : throw new SettingsException($"CORS_ORIGINS must be origins such as https://app.example.org, separated by commas, not '{text}'");

    private static LogLevel Level(string text) =>
        text.ToUpperInvariant() switch
        {
            "INFO" => LogLevel.Information,
            "WARN" => LogLevel.Warning,
            var upper when Enum.TryParse<LogLevel>(upper, ignoreCase: true, out var level) && !int.TryParse(upper, out _) => level,
            _ => throw new SettingsException($"LOG_LEVEL must be Trace, Debug, Information, Warning, Error, Critical or None, not '{text}'"),
        };
}

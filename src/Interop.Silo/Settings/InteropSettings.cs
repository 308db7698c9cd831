using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Text;
using Interop.Sources;
using Interop.Storage;
using Interop.Storage.Connections;

namespace Interop.Silo.Settings;

/// <summary>The settings of the process itself; those of a feature are in the feature's own options
/// (<see cref="SettingsCatalog"/>).</summary>
internal sealed record InteropSettings : IValidatableObject
{
    public const string Section = "Interop";

    public const int DefaultSiloPort = 11111;
    public const int DefaultGatewayPort = 30000;
    private const int MinKeyBytes = 32;
    private const string DefaultDataDirectory = "data";
    private const string OtlpVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>The port of the API (<c>PORT</c>); 0 takes a free port.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 8000;

    /// <summary>The address of the API (<c>BIND</c>).</summary>
    public string Bind { get; set; } = "127.0.0.1";

    /// <summary>The folder of the SQLite file, the exports and the keys (<c>INTEROP_DATA</c>).</summary>
    public string DataDirectory { get; set; } = DefaultDataDirectory;

    /// <summary>A PostgreSQL URI, an Npgsql connection string or a SQLite file (<c>DB_URL</c>); null: SQLite under
    /// <see cref="DataDirectory"/>.</summary>
    public string? DatabaseUrl { get; set; }

    /// <summary><c>none</c> states that the API is open to everyone on purpose (<c>AUTH</c>).</summary>
    [AllowedValues("none", null)]
    public string? Auth { get; set; }

    /// <summary>What the process runs (<c>ROLE</c>).</summary>
    public ProcessRole Role { get; set; } = ProcessRole.All;

    /// <summary>
    /// The address at which the other processes of a cluster reach this silo (<c>SILO_ADDRESS</c>); null: the address of the API, or the
    /// first address of the host when the API listens on all of them. A process that reaches a silo can call its grains.
    /// </summary>
    public string? SiloAddress { get; set; }

    /// <summary>The port between silos (<c>SILO_PORT</c>); 0 takes a free port. The default is 11111, and 0 for a silo on
    /// loopback.</summary>
    [Range(0, 65535)]
    public int? SiloPort { get; set; }

    /// <summary>
    /// The port at which front ends (ROLE=api) reach the silo (<c>GATEWAY_PORT</c>); 0 takes a free port. The default is 30000, and 0 for a
    /// silo on loopback.
    /// </summary>
    [Range(0, 65535)]
    public int? GatewayPort { get; set; }

    /// <summary>The name of the cluster (<c>CLUSTER_ID</c>): silos and front ends with the same name and database form one
    /// cluster.</summary>
    [Required(AllowEmptyStrings = false), StringLength(150)]
    public string ClusterId { get; set; } = "interop";

    /// <summary>The name under which grain states and reminders are stored (<c>SERVICE_ID</c>). It must not change over the life of a
    /// database.</summary>
    [Required(AllowEmptyStrings = false), StringLength(150)]
    public string ServiceId { get; set; } = "interop";

    /// <summary>
    /// The certificate of this process for connections between silos and front ends, a PEM file (<c>CLUSTER_TLS_CERTIFICATE</c>). Null:
    /// these connections are not encrypted.
    /// </summary>
    public string? ClusterTlsCertificate { get; set; }

    /// <summary>The private key of <see cref="ClusterTlsCertificate"/>, a PEM file (<c>CLUSTER_TLS_KEY</c>).</summary>
    public string? ClusterTlsKey { get; set; }

    /// <summary>The authority that signed the certificates of all processes of the cluster, a PEM file (<c>CLUSTER_TLS_CA</c>). A process
    /// without such a certificate cannot connect.</summary>
    public string? ClusterTlsCa { get; set; }

    /// <summary>The lowest level that is logged (<c>LOG_LEVEL</c>): a <see cref="Microsoft.Extensions.Logging.LogLevel"/>, INFO or
    /// WARN.</summary>
    public string LogLevel { get; set; } = nameof(Microsoft.Extensions.Logging.LogLevel.Information);

    /// <summary><c>text</c>, <c>json</c>, or <c>auto</c>: text on a terminal, JSON elsewhere (<c>LOG_FORMAT</c>).</summary>
    [AllowedValues("auto", "text", "json")]
    public string LogFormat { get; set; } = "auto";

    internal bool WritesLogsAsText => LogFormat == "text" || (LogFormat == "auto" && !Console.IsErrorRedirected);

    /// <summary>Origins whose web pages may call the API (<c>CORS_ORIGINS</c>).</summary>
    public List<string> CorsOrigins { get; set; } = [];

    /// <summary>Host names that requests may carry besides localhost and IP addresses (<c>ALLOWED_HOSTS</c>); <c>*</c>: any.</summary>
    public List<string> AllowedHosts { get; set; } = [];

    /// <summary>Addresses or networks of proxies whose X-Forwarded headers are used (<c>TRUSTED_PROXIES</c>).</summary>
    public List<string> TrustedProxies { get; set; } = [];

    /// <summary>The key of session tokens (<c>JWT_SECRET_KEY</c>), 32 bytes or more; null: one is created under
    /// <see cref="DataDirectory"/>.</summary>
    public string? JwtSecretKey { get; set; }

    /// <summary>The key before it, which stays valid while it is rotated (<c>JWT_SECRET_KEY_PREVIOUS</c>).</summary>
    public string? JwtSecretKeyPrevious { get; set; }

    /// <summary>Every setting, checked, with the keys of the sections.</summary>
    internal IConfiguration Configuration { get; set; } = new ConfigurationBuilder().Build();

    /// <summary>The database for <see cref="Interop.Storage.Connections.DatabaseFactory.Open"/>.</summary>
    internal DatabaseOptions DatabaseOptions => new() { Connection = DatabaseUrl ?? Path.Combine(DataDirectory, "interop.db") };

    internal bool IsPostgres => DatabaseUrl is not null && ConnectionText.Check(DatabaseUrl, "DB_URL") == SqlDialect.Postgres;

    /// <summary>Where telemetry is stored: the database, or on SQLite a file of its own.</summary>
    internal string TelemetryDatabase => IsPostgres ? DatabaseUrl! : Path.Combine(DataDirectory, "telemetry.db");

    internal IPAddress BindAddress => ParseAddress(Bind)!;

    /// <summary>The address that a silo gives to the other processes; null: the first address of the host.</summary>
    internal IPAddress? AdvertisedAddress =>
        SiloAddress is { } given ? ParseAddress(given)
        : BindAddress.Equals(IPAddress.Any) || BindAddress.Equals(IPAddress.IPv6Any) ? null
        : BindAddress;

    internal bool IsLoopback => IPAddress.IsLoopback(BindAddress);

    internal LogLevel MinLogLevel => ParseLevel(LogLevel) ?? Microsoft.Extensions.Logging.LogLevel.Information;

    private (string Name, string? File)[] ClusterTlsFiles =>
        [
            (nameof(ClusterTlsCertificate), ClusterTlsCertificate),
            (nameof(ClusterTlsKey), ClusterTlsKey),
            (nameof(ClusterTlsCa), ClusterTlsCa),
        ];

    /// <summary>The FHIR servers by name.</summary>
    internal IReadOnlyDictionary<string, SourceOptions> Sources => Entries<SourceOptions>("Sources");

    /// <summary>The endpoint of an OpenTelemetry collector (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>); null: nothing is sent.</summary>
    internal string? OtlpEndpoint => Configuration[OtlpVariable];

    /// <summary>Settings that were given and have no effect, each with the reason.</summary>
    internal IEnumerable<string> WithoutEffect =>
        SettingsCatalog
            .WithoutEffect.Where(setting => Configuration[setting.Key] is not null)
            .Select(setting => $"{setting.Key} has no effect: {setting.Value}");

    /// <summary>The data folder, before the settings are bound.</summary>
    internal static string DataDirectoryOf(IConfiguration configuration) =>
        configuration[$"{Section}:{nameof(DataDirectory)}"] ?? DefaultDataDirectory;

    /// <summary>The options of a section, for code that registers services and cannot ask for them.</summary>
    internal T Options<T>(string section)
        where T : new() => Configuration.GetSection(section).Get<T>() ?? new T();

    /// <summary>The entries of a section that holds them by name.</summary>
    internal IReadOnlyDictionary<string, T> Entries<T>(string section) =>
        Configuration.GetSection(section).Get<Dictionary<string, T>>() ?? [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ParseAddress(Bind) is null)
            yield return new($"must be an IP address such as 127.0.0.1 or 0.0.0.0, not '{Bind}'", [nameof(Bind)]);
        if (
            SiloAddress is not null
            && (ParseAddress(SiloAddress) is not { } silo || silo.Equals(IPAddress.Any) || silo.Equals(IPAddress.IPv6Any))
        )
            yield return new(
                $"must be the one IP address at which other processes reach this silo, such as 10.0.0.5, not '{SiloAddress}'",
                [nameof(SiloAddress)]
            );
        foreach (var (name, file) in ClusterTlsFiles)
        {
            if (file is null && ClusterTlsFiles.Any(other => other.File is not null))
                yield return new("is missing: CLUSTER_TLS_CERTIFICATE, CLUSTER_TLS_KEY and CLUSTER_TLS_CA belong together", [name]);
            else if (file is not null && !File.Exists(file))
                yield return new($"must be a PEM file, and there is no file '{file}'", [name]);
        }

        if (ParseLevel(LogLevel) is null)
            yield return new($"must be Trace, Debug, Information, Warning, Error, Critical or None, not '{LogLevel}'", [nameof(LogLevel)]);
        if (DatabaseUrl is not null && ConnectionText.Problem(DatabaseUrl) is { } problem)
            yield return new(problem, [nameof(DatabaseUrl)]);
        if (
            Role == ProcessRole.Silo
            && DatabaseUrl is not null
            && ConnectionText.Problem(DatabaseUrl) is null
            && ConnectionText.IsRemote(DatabaseUrl)
            && ParseAddress(Bind) is not null
            && AdvertisedAddress is { } own
            && IPAddress.IsLoopback(own)
        )
        {
            yield return new(
                "must not be silo while the silo is on loopback and the database on another host: the other processes could not reach it. Set SILO_ADDRESS to this host's address, or BIND=0.0.0.0",
                [nameof(Role)]
            );
        }

        if (AllowedHosts.Find(host => host != "*" && Uri.CheckHostName(host) == UriHostNameType.Unknown) is { } badHost)
            yield return new(
                $"must be host names without a port, such as interop.example.org, separated by commas, not '{badHost}'",
                [nameof(AllowedHosts)]
            );
        if (TrustedProxies.Find(proxy => ParseNetwork(proxy) is null) is { } badProxy)
            yield return new(
                $"must be IP addresses or networks such as 10.0.0.5 or 10.0.0.0/8, separated by commas, not '{badProxy}'",
                [nameof(TrustedProxies)]
            );
        foreach (var (name, key) in new[] { (nameof(JwtSecretKey), JwtSecretKey), (nameof(JwtSecretKeyPrevious), JwtSecretKeyPrevious) })
        {
            if (key is not null && Encoding.UTF8.GetByteCount(key) < MinKeyBytes)
                yield return new($"must have at least {MinKeyBytes} bytes: openssl rand -base64 32 makes one", [name]);
        }

        if (CorsOrigins.Find(origin => !IsHttpUrl(origin)) is { } bad)
            yield return new($"must be origins such as https://app.example.org, separated by commas, not '{bad}'", [nameof(CorsOrigins)]);
    }

    internal static bool IsHttpUrl(string? text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https";

    internal static IPNetwork? ParseNetwork(string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : null;

    private static IPAddress? ParseAddress(string text) =>
        text == "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(text, out var address) ? address
        : null;

    private static LogLevel? ParseLevel(string text) =>
        text.ToUpperInvariant() switch
        {
            "INFO" => Microsoft.Extensions.Logging.LogLevel.Information,
            "WARN" => Microsoft.Extensions.Logging.LogLevel.Warning,
            var upper when Enum.TryParse<LogLevel>(upper, ignoreCase: true, out var level) && !int.TryParse(upper, out _) => level,
            _ => null,
        };
}

/// <summary>What a process runs.</summary>
internal enum ProcessRole
{
    /// <summary>Silo and front end in one process.</summary>
    All,

    /// <summary>A silo; only its health and metrics are served.</summary>
    Silo,

    /// <summary>The front end, as a client of the cluster.</summary>
    Api,
}

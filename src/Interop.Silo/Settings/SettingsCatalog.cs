using Interop.Access;
using Interop.Anomaly.Alerts;
using Interop.Anomaly.Care;
using Interop.Api.Access;
using Interop.Discovery;
using Interop.Ingestion;
using Interop.Ingestion.Leases;
using Interop.Polling;
using Interop.Scheduling;
using Interop.Sources;
using Interop.Telemetry;
using Interop.Tokens;
using Interop.Uploads.Running;
using Interop.Uploads.Tm2;

namespace Interop.Silo.Settings;

/// <summary>Every setting of the program. A feature adds one line for its options, and one for each flat name that it has.</summary>
internal static class SettingsCatalog
{
    /// <summary>The sections, each with the options type that its keys bind to.</summary>
    public static readonly IReadOnlyList<SettingsSection> Sections =
    [
        SettingsSection.Of<InteropSettings>(InteropSettings.Section),
        SettingsSection.Of<IngestionOptions>("Ingestion"),
        SettingsSection.Of<OidcOptions>("Oidc"),
        SettingsSection.Of<ValidationSettings>(ValidationSettings.Section),
        SettingsSection.Of<ExportOptions>("Exports", (options, data) => options.Directory = Path.Combine(data, "exports")),
        SettingsSection.Of<ViewOptions>("Views"),
        SettingsSection.Of<LeaseOptions>("Leases"),
        SettingsSection.Of<TelemetryOptions>("Telemetry", (options, data) => options.SpoolDirectory = Path.Combine(data, "telemetry")),
        SettingsSection.Of<DiscoveryOptions>("Discovery", (options, data) => options.PatientKeyFile = Path.Combine(data, "patient.key")),
        SettingsSection.Of<XcpdOptions>("Xcpd"),
        SettingsSection.Of<UploadOptions>("Uploads"),
        SettingsSection.Of<Tm2Options>("Tm2"),
        SettingsSection.Of<AlertOptions>("Alerts", (options, data) => options.LogFile = Path.Combine(data, "logs", "alerts.log")),
        SettingsSection.Of<AuditOptions>("Audit", (options, data) => options.SpoolDirectory = Path.Combine(data, "audit")),
        SettingsSection.Of<MonitoringOptions>("Monitoring"),
        SettingsSection.Named<PollerOptions>("Pollers"),
        SettingsSection.Named<ScheduleOptions, ScheduleTable>("Schedules"),
        SettingsSection.Named<SourceOptions>("Sources"),
        SettingsSection.Named<TenantOptions>("Tenants"),
    ];

    /// <summary>The names of the documented systems, and the key of the section that each of them sets.</summary>
    public static readonly IReadOnlyDictionary<string, string> FlatNames = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["PORT"] = "Interop:Port",
        ["BIND"] = "Interop:Bind",
        ["INTEROP_DATA"] = "Interop:DataDirectory",
        ["DB_URL"] = "Interop:DatabaseUrl",
        ["AUTH"] = "Interop:Auth",
        ["ROLE"] = "Interop:Role",
        ["SILO_ADDRESS"] = "Interop:SiloAddress",
        ["SILO_PORT"] = "Interop:SiloPort",
        ["GATEWAY_PORT"] = "Interop:GatewayPort",
        ["CLUSTER_ID"] = "Interop:ClusterId",
        ["SERVICE_ID"] = "Interop:ServiceId",
        ["CLUSTER_TLS_CERTIFICATE"] = "Interop:ClusterTlsCertificate",
        ["CLUSTER_TLS_KEY"] = "Interop:ClusterTlsKey",
        ["CLUSTER_TLS_CA"] = "Interop:ClusterTlsCa",
        ["LOG_LEVEL"] = "Interop:LogLevel",
        ["LOG_FORMAT"] = "Interop:LogFormat",
        ["CORS_ORIGINS"] = "Interop:CorsOrigins",
        ["ALLOWED_HOSTS"] = "Interop:AllowedHosts",
        ["TRUSTED_PROXIES"] = "Interop:TrustedProxies",
        ["JWT_SECRET_KEY"] = "Interop:JwtSecretKey",
        ["JWT_SECRET_KEY_PREVIOUS"] = "Interop:JwtSecretKeyPrevious",
        ["OIDC_ISSUER"] = "Oidc:Issuer",
        ["OIDC_AUDIENCE"] = "Oidc:Audience",
        ["FHIR_BASE_URL"] = "Sources:default:BaseUrl",
        ["FHIR_PAGE_SIZE"] = "Ingestion:PageSize",
        ["FHIR_LAST_UPDATED_GTE"] = "Ingestion:LastUpdatedGte",
        ["FHIR_POLLING_ENABLED"] = "Pollers:default:Enabled",
        ["FHIR_POLLING_INTERVAL"] = "Pollers:default:Interval",
        ["FHIR_POLLING_BATCH_SIZE"] = "Pollers:default:BatchSize",
        ["FHIR_POLLING_RESOURCE_TYPE"] = "Pollers:default:ResourceType",
        ["FHIR_POLLING_SINCE"] = "Pollers:default:Since",
        ["ALERT_LOG_FILE"] = "Alerts:LogFile",
        ["ALERT_WEBHOOK_URL"] = "Alerts:WebhookUrl",
        ["OPENEMR_TOKEN_URL"] = "Tenants:default:TokenUrl",
        ["OPENEMR_CLIENT_ID"] = "Tenants:default:ClientId",
        ["OPENEMR_CLIENT_SECRET"] = "Tenants:default:ClientSecret",
        ["OPENEMR_USERNAME"] = "Tenants:default:Username",
        ["OPENEMR_PASSWORD"] = "Tenants:default:Password",
        ["OPENEMR_SCOPE"] = "Tenants:default:Scope",
        ["MIRTH_PD_ENDPOINT_URL"] = "Tenants:default:MirthEndpointUrl",
        ["FHIR_TARGET_URL"] = "Uploads:TargetUrl",
        ["TERMINOLOGY_URL"] = "Uploads:TerminologyUrl",
        ["OPENMRS_BASE_URL"] = "Tm2:BaseUrl",
        ["OPENMRS_USERNAME"] = "Tm2:Username",
        ["OPENMRS_PASSWORD"] = "Tm2:Password",
    };

    /// <summary>Settings of the documented systems that have no effect here, each with the reason.</summary>
    public static readonly IReadOnlyDictionary<string, string> WithoutEffect = new Dictionary<string, string>(
        StringComparer.OrdinalIgnoreCase
    )
    {
        ["TELEMETRY_DB_PATH"] = "telemetry is stored in the database (DB_URL or INTEROP_DATA)",
        ["MONGODB_URI"] = "alerts are stored in the database (DB_URL or INTEROP_DATA)",
        ["FHIR_POLLING_TRACKER_FILE"] = "each poller's watermark is stored in the database",
        ["ENVIRONMENT"] = "the program behaves the same in every environment",
    };

    /// <summary>Keys that other libraries read by themselves: OpenTelemetry's variables and Kestrel's section (TLS).</summary>
    public static bool IsForeign(string key) =>
        key.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase) || key.StartsWith("Kestrel:", StringComparison.OrdinalIgnoreCase);

    /// <summary>A key as its user knows it: the flat name where there is one.</summary>
    public static string NameOf(string key) =>
        FlatNames.FirstOrDefault(flat => flat.Value.Equals(key, StringComparison.OrdinalIgnoreCase)).Key ?? key;
}

using System.Net;
using Interop.Discovery;
using Interop.Fhir.Validation;
using Interop.Ingestion;
using Interop.Sources;
using Interop.Storage;
using Interop.Telemetry;
using Interop.Tokens;

namespace Interop.Silo.Settings;

/// <summary>What this process is: everything that is decided once, at start (contracts/platform.md, Settings).</summary>
internal sealed record InteropSettings
{
    /// <summary>Where the API listens (<c>PORT</c>); 0 takes a free port.</summary>
    public required int Port { get; init; }

    /// <summary>The address it listens on (<c>BIND</c>).</summary>
    public required string Bind { get; init; }

    /// <summary>The folder of the SQLite file, exports and keys (<c>INTEROP_DATA</c>).</summary>
    public required string DataDirectory { get; init; }

    /// <summary>A PostgreSQL URI or Npgsql connection string (<c>DB_URL</c>), or the SQLite file under <see cref="DataDirectory"/>.</summary>
    public required string Database { get; init; }

    /// <summary><c>none</c> says on purpose that nobody is asked who they are (<c>AUTH</c>); null says nothing.</summary>
    public string? Auth { get; init; }

    /// <summary>What the process runs (<c>ROLE</c>).</summary>
    public required ProcessRole Role { get; init; }

    /// <summary>
    /// Where the other processes of a cluster reach this silo (<c>SILO_ADDRESS</c>); null: where the API listens, or, if that is every
    /// address, the host's first. Whoever reaches a silo may call its grains, so it is as open as the API and no more.
    /// </summary>
    public IPAddress? SiloAddress { get; init; }

    /// <summary>The port at which silos talk to each other (<c>SILO_PORT</c>); 0 takes a free one.</summary>
    public required int SiloPort { get; init; }

    /// <summary>The port at which front ends of their own (ROLE=api) reach the silo (<c>GATEWAY_PORT</c>); 0 takes a free one.</summary>
    public required int GatewayPort { get; init; }

    /// <summary>The least severe level that is logged (<c>LOG_LEVEL</c>).</summary>
    public required LogLevel LogLevel { get; init; }

    /// <summary>Origins whose pages may call the API (<c>CORS_ORIGINS</c>).</summary>
    public required IReadOnlyList<string> CorsOrigins { get; init; }

    /// <summary>The FHIR servers, by name.</summary>
    public required IReadOnlyDictionary<string, SourceOptions> Sources { get; init; }

    public required IngestionOptions Ingestion { get; init; }

    /// <summary>How strictly resources are validated (<c>Validation:Level</c>, <c>Validation:Profiles</c>).</summary>
    public required ValidationOptions Validation { get; init; }

    public required ExportOptions Export { get; init; }

    public required ViewOptions Views { get; init; }

    public required TelemetryOptions Telemetry { get; init; }

    /// <summary>The OpenEMR tenants, by name.</summary>
    public required IReadOnlyDictionary<string, TenantOptions> Tenants { get; init; }

    public required XcpdOptions Xcpd { get; init; }

    /// <summary>Where telemetry lies: the database, or on SQLite a file of its own.</summary>
    public string TelemetryDatabase => IsPostgres ? Database : Path.Combine(DataDirectory, "telemetry.db");

    /// <summary>Where OpenTelemetry goes (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>); null: nowhere.</summary>
    public string? OtlpEndpoint { get; init; }

    /// <summary>The standard variables <c>OTEL_*</c>, wherever they were set: its libraries read them by themselves.</summary>
    public IReadOnlyDictionary<string, string?> OpenTelemetry { get; init; } = new Dictionary<string, string?>();

    /// <summary>Settings of other systems that were found and do nothing here, each with what serves instead.</summary>
    public IReadOnlyList<string> Ineffective { get; init; } = [];

    /// <summary>Whether the database is PostgreSQL.</summary>
    public bool IsPostgres => SqliteFile is null;

    /// <summary>The SQLite file; null on PostgreSQL.</summary>
    public string? SqliteFile { get; init; }

    /// <summary>The database for <see cref="Interop.Storage.Database.Open"/>.</summary>
    public DatabaseOptions DatabaseOptions => new() { Connection = Database };
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

/// <summary>A setting is missing or bad: the message names it and says what it takes.</summary>
internal sealed class SettingsException(string message) : Exception(message);

using System.Text.Json;
using Interop.Sandbox;
using Interop.TestServers;

namespace Interop.Api.Tests.Support;

/// <summary>A server over a sandbox whose four types have been ingested once, each with bad resources and missing patients.</summary>
public abstract class ApiFixture : IAsyncLifetime
{
    private InteropServer? _server;

    public SandboxServer Sandbox { get; private set; } = null!;

    /// <summary>The summaries of the first runs, by the path that started them.</summary>
    public IReadOnlyDictionary<string, JsonElement> Summaries { get; private set; } = null!;

    internal HttpClient Http => _server!.Http;

    internal IServiceProvider Services => _server!.Services;

    public async Task InitializeAsync()
    {
        Sandbox = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = 40,
                BadShare = 0.05,
                MissingPatientShare = 0.02,
            }
        );
        _server = await InteropServer.StartAsync(
            ("DB_URL", await DatabaseAsync()),
            ("FHIR_BASE_URL", Sandbox.FhirBase.AbsoluteUri),
            ("Sources:down:BaseUrl", "http://127.0.0.1:1/fhir"),
            ("Sources:down:MaxAttempts", "2"),
            ("Pollers:down:Enabled", "false"),
            ("Sources:down:BaseDelay", "00:00:00.01")
        );
        var summaries = new Dictionary<string, JsonElement>();
        foreach (
            var path in new[]
            {
                "/ingest/patients",
                "/ingest/observations?job=nightly&attempt=2&max_attempts=3",
                "/ingest/encounters",
                "/ingest/conditions",
            }
        )
            summaries[path.Split('?')[0]] = await Http.PostJsonAsync(path);
        Summaries = summaries;
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        await Sandbox.DisposeAsync();
    }

    /// <summary>The setting DB_URL; null is SQLite.</summary>
    protected abstract Task<string?> DatabaseAsync();
}

/// <inheritdoc/>
public sealed class SqliteApi : ApiFixture
{
    protected override Task<string?> DatabaseAsync() => Task.FromResult<string?>(null);
}

/// <inheritdoc/>
public sealed class PostgresApi : ApiFixture
{
    protected override async Task<string?> DatabaseAsync() => await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
}

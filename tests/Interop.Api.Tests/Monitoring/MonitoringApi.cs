using System.Net;
using System.Text;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.TestServers;

namespace Interop.Api.Tests.Monitoring;

/// <summary>A server that polls a scripted FHIR server on request, with a promoted model.</summary>
public abstract class MonitoringApi : IAsyncLifetime
{
    private InteropServer? _server;
    private ScriptedServer? _upstream;

    public AuditServer Audit { get; } = new();

    internal HttpClient Http => _server!.Http;

    public async Task InitializeAsync()
    {
        _upstream = await ScriptedServer.StartAsync(Audit.Answer);
        _server = await InteropServer.StartAsync(
            ("DB_URL", await DatabaseAsync()),
            ("FHIR_BASE_URL", _upstream.Base.AbsoluteUri),
            ("FHIR_POLLING_SINCE", "2026-03-02T00:00:00Z"),
            ("FHIR_POLLING_BATCH_SIZE", "200")
        );
        for (var i = 0; i < 600; i++)
            Audit.Add($"e{i}", AuditServer.Noon.AddSeconds(i), $"Practitioner/p{i % 5}", $"Patient/{i % 40}");
        await Http.PostJsonAsync("/api/pollers/default/poll");
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        if (_upstream is not null)
            await _upstream.DisposeAsync();
    }

    internal async Task<JsonElement> SendAsync(HttpMethod method, string path, string? body, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var request = new HttpRequestMessage(method, path)
        {
            Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
        };
        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{method} {path}: {(int)response.StatusCode}, not {(int)expected}: {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    internal async Task<JsonElement> NotifyAsync(string body, HttpStatusCode expected = HttpStatusCode.OK) =>
        await SendAsync(HttpMethod.Post, "/fhir/notify", body, expected);

    /// <summary>Five failed logins and then a success, in one commit: a rule makes the last one a HIGH alert.</summary>
    /// <returns>The MEDIUM and HIGH alerts, the rule's last.</returns>
    internal async Task<List<JsonElement>> NotifyAttackAsync(string agent, DateTimeOffset at)
    {
        var alerts = await NotifyAllAsync(
            Enumerable
                .Range(0, 6)
                .Select(i => AuditServer.Login($"{agent.Replace('/', '-')}-{at.UtcTicks}-{i}", at.AddSeconds(i), agent, isSuccess: i == 5))
        );
        Assert.Equal("HIGH", alerts[^1].Text("severity"));
        return alerts;
    }

    /// <summary>Sends a Bundle.</summary>
    /// <returns>The MEDIUM and HIGH alerts.</returns>
    internal async Task<List<JsonElement>> NotifyAllAsync(IEnumerable<string> events)
    {
        var entries = string.Join(',', events.Select(e => $$"""{"resource":{{e}} }"""));
        var answer = await NotifyAsync($$"""{"resourceType":"Bundle","type":"collection","entry":[{{entries}}]}""");
        return [.. answer.GetProperty("alerts").EnumerateArray().Where(a => a.Text("severity") != "LOW")];
    }

    protected abstract Task<string?> DatabaseAsync();
}

/// <inheritdoc/>
public sealed class SqliteMonitoring : MonitoringApi
{
    protected override Task<string?> DatabaseAsync() => Task.FromResult<string?>(null);
}

/// <inheritdoc/>
public sealed class PostgresMonitoring : MonitoringApi
{
    protected override async Task<string?> DatabaseAsync() => await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
}

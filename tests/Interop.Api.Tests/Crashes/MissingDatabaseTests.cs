using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.Sandbox;
using Interop.TestServers;

namespace Interop.Api.Tests.Crashes;

/// <summary>While the database is away, calls that answer in steps are 503 like all others, and name neither its host nor its
/// user.</summary>
public sealed class MissingDatabaseTests
{
    [Fact]
    public async Task Calls_that_stream_their_steps_are_503_while_the_database_is_away()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 20, BadShare = 0 });
        await using var postgres = await PostgresServer.StartNewAsync(new PostgresServerOptions { Fsync = false });
        await using var server = await InteropServer.StartAsync(
            ("DB_URL", await postgres.CreateDatabaseAsync()),
            ("FHIR_BASE_URL", sandbox.FhirBase.AbsoluteUri)
        );
        var run = await server.Http.PostJsonAsync("/ingest/patients");
        await server.Http.PostJsonAsync("/export/Patient");

        await postgres.KillAsync();

        await UnavailableAsync(server.Http, HttpMethod.Post, "/export/Patient");
        await UnavailableAsync(server.Http, HttpMethod.Post, "/export/Patient", "application/x-ndjson");
        await UnavailableAsync(server.Http, HttpMethod.Post, "/api/pd-executions/materialize");
        await UnavailableAsync(server.Http, HttpMethod.Get, $"/runs/{run.Number("run_id")}/events");
        await UnavailableAsync(server.Http, HttpMethod.Post, "/ingest/patients");
        await UnavailableAsync(server.Http, HttpMethod.Get, "/views/patients/rows");

        await postgres.StartAsync();
        await Eventually.Is(async () => (await server.Http.GetAsync("/health/ready")).IsSuccessStatusCode, "the program is ready again");
        Assert.Equal(20, (await server.Http.PostJsonAsync("/export/Patient")).Number("count"));
    }

    private static async Task UnavailableAsync(HttpClient http, HttpMethod method, string path, string? accept = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (accept is not null)
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        using var answer = await http.SendAsync(request);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.ServiceUnavailable, $"{method} {path}: {(int)answer.StatusCode} {body}");
        Assert.Equal(TimeSpan.FromSeconds(5), answer.Headers.RetryAfter?.Delta);
        var detail = JsonDocument.Parse(body).RootElement.Text("detail");
        Assert.Contains("the database", detail, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", detail, StringComparison.Ordinal);
        Assert.DoesNotContain("postgres", detail, StringComparison.OrdinalIgnoreCase);
    }
}

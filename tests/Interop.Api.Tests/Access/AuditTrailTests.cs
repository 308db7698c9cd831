using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Interop.Access;
using Interop.Api.Tests.Support;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Storage;
using Interop.TestServers;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Api.Tests.Access;

/// <summary>The platform's own audit trail: the source <c>interop</c> of access monitoring.</summary>
public sealed class AuditTrailTests
{
    [Fact]
    public async Task Logins_reads_exports_and_changes_are_stored_and_scored_as_valid_AuditEvents()
    {
        await using var server = await AccessServer.StartAsync();
        var key = await server.Users.AddApiKeyAsync("mirth", AccessRole.Operator, default);
        var viewer = ("Authorization", $"Bearer {await server.TokenAsync(AccessRole.Viewer)}");
        using (var refused = await server.LoginAsync("viewer", "a wrong password"))
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        using (var mistyped = await server.LoginAsync("my secret password!", "viewer"))
            Assert.Equal(HttpStatusCode.Unauthorized, mistyped.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await server.StatusAsync(HttpMethod.Get, "/views/patients/rows?limit=5", viewer));
        Assert.Equal(HttpStatusCode.OK, await server.StatusAsync(HttpMethod.Get, "/api/patients/p-7/accesses", viewer));
        Assert.Equal(HttpStatusCode.OK, await server.StatusAsync(HttpMethod.Get, "/api/patients/p-8/resources", viewer));
        Assert.Equal(HttpStatusCode.BadRequest, await server.StatusAsync(HttpMethod.Get, "/api/patients/p-8/resources?cursor=x", viewer));
        Assert.Equal(
            HttpStatusCode.OK,
            await server.StatusAsync(HttpMethod.Get, "/api/timeline?firstName=Ada&lastName=Lovelace&dob=1815-12-10", viewer)
        );
        Assert.Equal(HttpStatusCode.Forbidden, await server.StatusAsync(HttpMethod.Post, "/export/patients", viewer));
        Assert.Equal(HttpStatusCode.NotFound, await server.StatusAsync(HttpMethod.Post, "/runs/99/replay", ("X-Api-Key", key)));
        Assert.Equal(HttpStatusCode.Unauthorized, await server.StatusAsync(HttpMethod.Get, "/views/patients/rows"));
        Assert.Equal(HttpStatusCode.OK, await server.StatusAsync(HttpMethod.Get, "/runs", viewer));
        Assert.Equal(HttpStatusCode.NoContent, await server.StatusAsync(HttpMethod.Post, "/logout", viewer));

        var events = await StoredAsync(server.Services, 11);

        Assert.Equal(
            [
                "Export export viewer 4",
                "Login failed_login unknown 4",
                "Login failed_login viewer 4",
                "Login login viewer 0",
                "Logout logout viewer 0",
                "PatientAccesses export viewer 0",
                "PatientResources query viewer 0",
                "PatientResources query viewer 4",
                "ReadViewRows export viewer 0",
                "ReplayRun other api-key/mirth 4",
                "Timeline query viewer 0",
            ],
            events.Select(e => $"{e.Operation} {e.Kind} {e.Agent} {e.Outcome}").Order(StringComparer.Ordinal)
        );
        var validator = new ResourceValidator(R4Schema.Default, new ValidationOptions());
        Assert.All(events, e => Assert.Empty(validator.Validate(Encoding.UTF8.GetBytes(e.Raw)).Issues));
        Assert.Equal("Patient/p-7", Assert.Single(events, e => e.Operation == "PatientAccesses").Patient);
        Assert.All(events.Where(e => e.Operation == "PatientResources"), e => Assert.Equal("Patient/p-8", e.Patient));
        Assert.DoesNotContain(events, e => e.Raw.Contains("Lovelace", StringComparison.Ordinal));
        Assert.DoesNotContain(events, e => e.Raw.Contains("secret", StringComparison.Ordinal));
        Assert.All(events.Where(e => e.Operation == "Login"), e => Assert.Equal("192.0.2.1", e.Address));
    }

    [Fact]
    public async Task What_a_caller_has_received_survives_a_kill_and_is_stored_once()
    {
        using var folder = new TemporaryFolder();
        var settings = new Dictionary<string, string> { ["PORT"] = "0", ["INTEROP_DATA"] = folder.Path };
        const int Requests = 60;
        await using (var program = InteropProcess.Start(folder.Path, settings, "serve"))
        {
            using var http = await program.ClientAsync();
            await Parallel.ForEachAsync(
                Enumerable.Range(0, Requests),
                async (number, token) => (await http.GetAsync($"/views/patients/rows?limit={number + 1}", token)).EnsureSuccessStatusCode()
            );
            await program.KillAsync();
        }

        await using var second = InteropProcess.Start(folder.Path, settings, "serve");
        using var client = await second.ClientAsync();
        await Eventually.Is(
            async () =>
                (await client.GetJsonAsync("/api/alerts?source=interop&limit=200")).GetProperty("alerts").GetArrayLength() >= Requests,
            "every request is stored"
        );
        var alerts = (await client.GetJsonAsync("/api/alerts?source=interop&limit=500")).GetProperty("alerts").EnumerateArray();
        Assert.Equal(Requests, alerts.Count(alert => alert.GetProperty("action").GetString() == "R"));
    }

    [Fact]
    public async Task Nothing_is_read_or_changed_while_the_trail_cannot_be_written()
    {
        using var folder = new TemporaryFolder();
        await using var server = await InteropServer.StartAsync(("Audit:SpoolDirectory", folder.File("audit")));
        Directory.Delete(folder.File("audit"), recursive: true);

        await Eventually.Is(
            async () => await StatusAsync(server, "/views/patients/rows") == HttpStatusCode.ServiceUnavailable,
            "audited endpoints answer 503"
        );
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(server, "/runs"));

        Directory.CreateDirectory(folder.File("audit"));
        await Eventually.Is(async () => await StatusAsync(server, "/views/patients/rows") == HttpStatusCode.OK, "they answer again");
    }

    [Fact]
    public async Task Nobody_can_add_events_to_the_trail_from_outside()
    {
        await using var server = await InteropServer.StartAsync();
        using var answer = await server.Http.PostAsJsonAsync("/fhir/notify?source=interop", new { resourceType = "AuditEvent" });
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);

        var refused = Assert.ThrowsAny<Exception>(() => InteropServer.Read(("Sources:interop:BaseUrl", "http://127.0.0.1:1/fhir")));
        Assert.Contains("interop", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Null when the connection was closed without an answer.</summary>
    private static async Task<HttpStatusCode?> StatusAsync(InteropServer server, string path)
    {
        try
        {
            using var answer = await server.Http.GetAsync(path);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static async Task<IReadOnlyList<Stored>> StoredAsync(IServiceProvider services, int atLeast)
    {
        var database = services.GetRequiredService<Database>();
        IReadOnlyList<Stored> events = [];
        await Eventually.Is(
            async () =>
                (
                    events = await database.ReadAsync(
                        (session, token) =>
                            session.QueryAsync<Stored>(
                                "SELECT kind, agent, outcome, patient, address, raw FROM audit_scores WHERE source = 'interop' ORDER BY number",
                                null,
                                token
                            )
                    )
                ).Count >= atLeast,
            "the records are stored"
        );
        return events;
    }

    private sealed record Stored
    {
        public string Kind { get; init; } = "";

        public string Agent { get; init; } = "";

        public string? Outcome { get; init; }

        public string? Patient { get; init; }

        public string? Address { get; init; }

        public string Raw { get; init; } = "";

        public string Operation =>
            JsonDocument.Parse(Raw).RootElement.GetProperty("subtype").EnumerateArray().Last().GetProperty("code").GetString()!;
    }
}

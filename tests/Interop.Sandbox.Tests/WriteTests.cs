using System.Net;
using System.Text.Json;
using static Interop.Sandbox.Tests.SandboxClient;

namespace Interop.Sandbox.Tests;

public sealed class WriteTests : IAsyncLifetime, IDisposable
{
    private readonly ManualTime _time = new(DateTimeOffset.Parse("2026-03-01T10:00:00.1234567Z"));
    private SandboxServer _server = null!;
    private SandboxClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = 5,
                BadShare = 0,
                MissingPatientShare = 0,
                Time = _time,
            }
        );
        _client = new SandboxClient(_server);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_created_resource_gets_an_id_a_version_and_a_stamp_and_is_found()
    {
        using var created = await _client.SendAsync(
            HttpMethod.Post,
            "Procedure",
            """{"resourceType":"Procedure","id":"mine","meta":{"source":"urn:x"},"status":"completed","subject":{"reference":"Patient/pat-2"},"note":[{"text":"5 &lt; 6.10"}]}"""
        );
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var resource = JsonDocument.Parse(await created.Content.ReadAsStringAsync()).RootElement;
        Assert.NotEqual("mine", Id(resource));
        Assert.Equal(
            """{"versionId":"1","lastUpdated":"2026-03-01T10:00:00.123Z","source":"urn:x"}""",
            resource.GetProperty("meta").GetRawText()
        );
        Assert.Equal($"{_server.FhirBase}Procedure/{Id(resource)}/_history/1", created.Headers.Location!.ToString());
        Assert.Equal(
            Id(resource),
            Id(Assert.Single(await _client.MatchesAsync("Procedure?patient=pat-2&_lastUpdated=ge2026-03-01T10:00:00.123Z")))
        );
    }

    [Fact]
    public async Task Updates_make_versions_that_stay_readable_and_deletion_is_410()
    {
        var original = (await _client.GetJsonAsync("Patient/pat-1")).GetRawText();
        _time.Advance(TimeSpan.FromMinutes(1));
        using var updated = await _client.SendAsync(
            HttpMethod.Put,
            "Patient/pat-1",
            """{"resourceType":"Patient","id":"pat-1","gender":"other"}"""
        );
        Assert.Equal(HttpStatusCode.OK, updated.StatusCode);
        Assert.Equal("W/\"2\"", updated.Headers.ETag!.ToString());
        Assert.Equal(original, (await _client.GetJsonAsync("Patient/pat-1/_history/1")).GetRawText());
        Assert.Equal("other", (await _client.GetJsonAsync("Patient/pat-1")).GetProperty("gender").GetString());

        using var deleted = await _client.Http.DeleteAsync("Patient/pat-1");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using var gone = await _client.GetAsync("Patient/pat-1");
        Assert.Equal(HttpStatusCode.Gone, gone.StatusCode);
        Assert.Equal(4, (await _client.MatchesAsync("Patient")).Count);

        var history = await _client.GetJsonAsync("Patient/_history");
        Assert.Equal("history", history.GetProperty("type").GetString());
        Assert.Equal(7, history.GetProperty("total").GetInt32());
        var newest = history.GetProperty("entry")[0];
        Assert.Equal("DELETE", newest.GetProperty("request").GetProperty("method").GetString());
        Assert.False(newest.TryGetProperty("resource", out _));
        Assert.Equal(3, (await _client.GetJsonAsync("Patient/pat-1/_history")).GetProperty("total").GetInt32());
        Assert.Equal(2, (await _client.GetJsonAsync("Patient/_history?_since=2026-03-01T00:00:00Z")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task A_put_with_a_new_id_creates_and_bad_bodies_are_refused()
    {
        using var created = await _client.SendAsync(HttpMethod.Put, "Patient/own.id-1", """{"resourceType":"Patient","id":"own.id-1"}""");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        foreach (
            var (address, body) in new[]
            {
                ("Patient/x", """{"resourceType":"Patient","id":"y"}"""),
                ("Patient/x", """{"resourceType":"Group","id":"x"}"""),
                ("Patient/x", "{"),
                ("Patient/a_b", """{"resourceType":"Patient","id":"a_b"}"""),
            }
        )
        {
            using var refused = await _client.SendAsync(HttpMethod.Put, address, body);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }
    }

    [Fact]
    public async Task Concurrent_updates_of_one_resource_get_distinct_versions()
    {
        await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(async _ =>
                {
                    using var response = await _client.SendAsync(
                        HttpMethod.Put,
                        "Patient/pat-3",
                        """{"resourceType":"Patient","id":"pat-3"}"""
                    );
                    Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                })
        );
        Assert.Equal("21", (await _client.GetJsonAsync("Patient/pat-3")).GetProperty("meta").GetProperty("versionId").GetString());
    }

    [Fact]
    public async Task Mutations_touch_edit_break_and_fix_what_they_report()
    {
        async Task<string[]> MutateAsync(string kind) =>
            [
                .. (
                    await _client.ControlAsync(
                        HttpMethod.Post,
                        "sandbox/mutate",
                        $$"""{"type":"Observation","kind":"{{kind}}","count":30}"""
                    )
                )
                    .GetProperty("ids")
                    .EnumerateArray()
                    .Select(id => id.GetString()!),
            ];

        var before = (await _client.MatchesAsync("Observation?_count=1000")).ToDictionary(Id);
        _time.Advance(TimeSpan.FromMinutes(1));
        var touched = await MutateAsync("touch");
        var newer = await _client.MatchesAsync("Observation?_count=1000&_lastUpdated=ge2026-03-01");
        Assert.Equal(touched.Order(), newer.Select(Id).Order());
        Assert.All(
            newer,
            resource => Assert.Equal(before[Id(resource)].GetProperty("code").GetRawText(), resource.GetProperty("code").GetRawText())
        );

        Assert.Equal(0, _server.Stats.Bad["Observation"]);
        var broken = await MutateAsync("break");
        Assert.Equal(30, _server.Stats.Bad["Observation"]);
        Assert.Equal(broken.Order(), (await MutateAsync("fix")).Order());
        Assert.Equal(0, _server.Stats.Bad["Observation"]);
        foreach (var id in broken)
            Assert.Equal(
                before[id].GetProperty("code").GetRawText(),
                (await _client.GetJsonAsync("Observation/" + id)).GetProperty("code").GetRawText()
            );
    }
}

using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Interop.Sandbox.Tests;

/// <summary>Reads a sandbox over real HTTP, as any FHIR client would.</summary>
internal sealed class SandboxClient(SandboxServer server) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = server.FhirBase };

    public HttpClient Http => _http;

    public Task<HttpResponseMessage> GetAsync(string address) => _http.GetAsync(address);

    public async Task<JsonElement> GetJsonAsync(string address)
    {
        using var response = await _http.GetAsync(address);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Follows `next` to its end.</summary>
    public async Task<List<JsonElement>> PagesAsync(string address, int most = 1000)
    {
        var pages = new List<JsonElement>();
        for (var next = address; next is not null && pages.Count < most; next = Link(pages[^1], "next"))
            pages.Add(await GetJsonAsync(next));
        return pages;
    }

    public async Task<List<JsonElement>> MatchesAsync(string address) =>
        [.. (await PagesAsync(address)).SelectMany(page => Resources(page, "match"))];

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string address, string json)
    {
        using var request = new HttpRequestMessage(method, address) { Content = new StringContent(json, Encoding.UTF8) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/fhir+json");
        return await _http.SendAsync(request);
    }

    public async Task<JsonElement> ControlAsync(HttpMethod method, string path, string json)
    {
        using var response = await SendAsync(method, new Uri(server.BaseAddress, path).ToString(), json);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }

    public static string? Link(JsonElement bundle, string relation) =>
        bundle.GetProperty("link").EnumerateArray().FirstOrDefault(link => link.GetProperty("relation").GetString() == relation)
            is { ValueKind: JsonValueKind.Object } found
            ? found.GetProperty("url").GetString()
            : null;

    public static IEnumerable<JsonElement> Entries(JsonElement bundle, string mode) =>
        bundle.TryGetProperty("entry", out var entries)
            ? entries.EnumerateArray().Where(entry => entry.GetProperty("search").GetProperty("mode").GetString() == mode)
            : [];

    public static IEnumerable<JsonElement> Resources(JsonElement bundle, string mode) =>
        Entries(bundle, mode).Select(entry => entry.GetProperty("resource"));

    public static string Id(JsonElement resource) => resource.GetProperty("id").GetString()!;

    public static DateTimeOffset LastUpdated(JsonElement resource) =>
        resource.GetProperty("meta").GetProperty("lastUpdated").GetDateTimeOffset();

    public void Dispose() => _http.Dispose();
}

/// <summary>A clock that only the test advances.</summary>
internal sealed class ManualTime(DateTimeOffset now) : TimeProvider
{
    private DateTimeOffset _now = now;

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan by) => _now += by;
}

using System.Net;
using System.Text.Json;

namespace Interop.Api.Tests.Support;

/// <summary>Requests as a caller with curl makes them, and answers as JSON.</summary>
internal static class HttpExtensions
{
    public static async Task<JsonElement> GetJsonAsync(this HttpClient http, string path, HttpStatusCode expected = HttpStatusCode.OK) =>
        await http.SendJsonAsync(HttpMethod.Get, path, expected);

    public static async Task<JsonElement> PostJsonAsync(this HttpClient http, string path, HttpStatusCode expected = HttpStatusCode.OK) =>
        await http.SendJsonAsync(HttpMethod.Post, path, expected);

    public static async Task<JsonElement> SendJsonAsync(this HttpClient http, HttpMethod method, string path, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(method, path);
        using var response = await http.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{method} {path}: {(int)response.StatusCode}, not {(int)expected}: {body}");
        return JsonDocument.Parse(body).RootElement;
    }

    /// <summary>Starts a run without waiting for its end; returns its id.</summary>
    public static async Task<long> StartRunAsync(this HttpClient http, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Headers = { { "Prefer", "respond-async" } } };
        using var response = await http.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.Accepted, body);
        var run = JsonDocument.Parse(body).RootElement;
        Assert.Equal(["run_id", "status"], run.Keys());
        var id = run.GetProperty("run_id").GetInt64();
        Assert.Equal($"/runs/{id}", response.Headers.Location?.OriginalString);
        return id;
    }

    public static IEnumerable<string> Keys(this JsonElement json) => json.EnumerateObject().Select(p => p.Name);

    public static string? Text(this JsonElement json, string key) => json.GetProperty(key).GetString();

    public static long Number(this JsonElement json, string key) => json.GetProperty(key).GetInt64();
}

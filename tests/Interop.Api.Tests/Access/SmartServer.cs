using System.Net.Http.Json;

namespace Interop.Api.Tests.Access;

/// <summary>A real authorization server that verifies signed assertions: oidc-provider of the npm registry.</summary>
internal sealed class SmartServer : IDisposable
{
    private readonly NpmServer _server;
    private readonly HttpClient _http;

    private SmartServer(NpmServer server)
    {
        _server = server;
        TokenUrl = $"{server.Address}/token";
        _http = new HttpClient { BaseAddress = new Uri(server.Address) };
    }

    public string TokenUrl { get; }

    public static async Task<SmartServer> StartAsync() => new(await NpmServer.StartAsync("smart-server", "oidc-provider@9.13.3"));

    /// <summary>Registers a client by its id and its keys: <c>jwks</c> or <c>jwks_uri</c>.</summary>
    public async Task RegisterAsync(object client) => (await _http.PostAsJsonAsync("/test/client", client)).EnsureSuccessStatusCode();

    /// <summary>The tokens that it gave so far.</summary>
    public async Task<string[]> IssuedAsync() => (await _http.GetFromJsonAsync<string[]>("/test/issued"))!;

    public void Dispose()
    {
        _http.Dispose();
        _server.Dispose();
    }
}

using System.Net.Http.Json;

namespace Interop.Api.Tests.Access;

/// <summary>A real OpenID Connect issuer: oauth2-mock-server of the npm registry.</summary>
internal sealed class OidcIssuer : IDisposable
{
    private readonly NpmServer _server;
    private readonly HttpClient _mint;

    private OidcIssuer(NpmServer server)
    {
        _server = server;
        var addresses = server.Address.Split(' ');
        Url = addresses[0];
        _mint = new HttpClient { BaseAddress = new Uri(addresses[1]) };
    }

    public string Url { get; }

    public static async Task<OidcIssuer> StartAsync() => new(await NpmServer.StartAsync("oidc-issuer", "oauth2-mock-server@8.2.2"));

    /// <param name="claims">alg, and what the payload holds; rotate: with a new key.</param>
    public async Task<string> MintAsync(object claims)
    {
        using var answer = await _mint.PostAsJsonAsync("", claims);
        return await answer.Content.ReadAsStringAsync();
    }

    public void Dispose()
    {
        _mint.Dispose();
        _server.Dispose();
    }
}

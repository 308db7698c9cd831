using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Interop.Access;
using Interop.Api.Tests.Support;
using Interop.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Api.Tests.Access;

/// <summary>A server with one user for each role. A test can choose the callers' addresses.</summary>
internal sealed class AccessServer : IAsyncDisposable
{
    public const string Password = "correct horse battery";
    public const string SigningKey = "a signing key of this test, of 48 bytes or more in all";

    private readonly InteropServer _server;

    private AccessServer(InteropServer server)
    {
        _server = server;
        Http = new HttpClient(new SocketsHttpHandler { UseCookies = false })
        {
            BaseAddress = server.Http.BaseAddress,
            Timeout = server.Http.Timeout,
        };
        Users = new UserAdministration(server.Services.GetRequiredService<Database>(), TimeProvider.System);
    }

    /// <summary>A client that keeps no cookies.</summary>
    public HttpClient Http { get; }

    public IServiceProvider Services => _server.Services;

    public UserAdministration Users { get; }

    public static async Task<AccessServer> StartAsync(params (string Name, string? Value)[] settings)
    {
        var server = new AccessServer(
            await InteropServer.StartAsync([("JWT_SECRET_KEY", SigningKey), ("TRUSTED_PROXIES", "127.0.0.1"), .. settings])
        );
        foreach (var role in Enum.GetValues<AccessRole>())
            await server.Users.AddUserAsync(Name(role), role, Password, CancellationToken.None);
        return server;
    }

    public static string Name(AccessRole role) => $"{role}".ToLowerInvariant();

    public async Task<string> TokenAsync(AccessRole role)
    {
        using var answer = await LoginAsync(Name(role), Password);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).Text("access_token")!;
    }

    /// <param name="address">The caller's address, as a trusted proxy reports it.</param>
    public Task<HttpResponseMessage> LoginAsync(string name, string password, string address = "192.0.2.1") =>
        Http.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "/login")
            {
                Content = JsonContent.Create(new { username = name, password }),
                Headers = { { "X-Forwarded-For", address } },
            }
        );

    /// <summary>The status of a request with further headers.</summary>
    public async Task<HttpStatusCode> StatusAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await Http.SendAsync(request);
        return answer.StatusCode;
    }

    public Task<HttpStatusCode> StatusAsync(string token) => StatusAsync(HttpMethod.Get, "/runs", ("Authorization", $"Bearer {token}"));

    public ValueTask DisposeAsync()
    {
        Http.Dispose();
        return _server.DisposeAsync();
    }
}

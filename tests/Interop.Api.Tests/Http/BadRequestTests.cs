using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Interop.Api.Tests.Support;

namespace Interop.Api.Tests.Http;

/// <summary>A request that the server refuses before any endpoint sees it gets a body that says why, like every other error.</summary>
public sealed class BadRequestTests : IAsyncLifetime
{
    private InteropServer _server = null!;

    public async Task InitializeAsync() => _server = await InteropServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("GARBAGE\r\n\r\n", 400, "is not valid HTTP/1.1")]
    [InlineData("GET /runs HTTP/1.1\r\nHost: localhost\r\nno header\r\n\r\n", 400, "is not valid HTTP/1.1")]
    [InlineData("GET /runs HTTP/1.1\r\n\r\n", 400, "is not valid HTTP/1.1")]
    [InlineData("GET /run%00s HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "is not valid HTTP/1.1")]
    [InlineData("GET /runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", 400, "is not valid HTTP/1.1")]
    [InlineData("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGARBAGE\r\n\r\n", 400, "is not valid HTTP/1.1")]
    [InlineData("GET /{a*1100000} HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, "its path and query are too long")]
    [InlineData("GET /runs HTTP/1.1\r\nHost: localhost\r\nX: {a*300000}\r\n\r\n", 431, "its headers are too long")]
    [InlineData("GET /runs HTTP/9.9\r\nHost: localhost\r\n\r\n", 505, "its version of HTTP is not supported")]
    public async Task A_request_that_is_no_HTTP_or_too_long_for_the_server_is_answered_with_a_body(
        string request,
        int status,
        string detail
    )
    {
        var answers = await SendAsync(Expand(request));

        var last = answers[answers.LastIndexOf("HTTP/1.1 ", StringComparison.Ordinal)..];
        var head = last[..last.IndexOf("\r\n\r\n", StringComparison.Ordinal)];
        Assert.StartsWith($"HTTP/1.1 {status} ", head, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: application/problem+json", head, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Content-Type-Options: nosniff", head, StringComparison.Ordinal);
        var body = last[(head.Length + 4)..];
        Assert.Contains($"\r\nContent-Length: {body.Length}\r\n", head, StringComparison.Ordinal);
        var problem = JsonDocument.Parse(body).RootElement;
        Assert.Equal(status, problem.Number("status"));
        Assert.EndsWith(detail, problem.Text("detail"), StringComparison.Ordinal);
        Assert.Contains($"\r\nX-Request-ID: {problem.Text("traceId")}\r\n", head, StringComparison.Ordinal);
        Assert.Equal("""{"status":"ok"}""", await _server.Http.GetStringAsync("/health"));
    }

    [Theory]
    [InlineData("PUT", "/views/mine", """{"resourceType":"ViewDefinition","name":"a\u0000b"}""")]
    [InlineData("POST", "/api/tokens/manual", """{"client_id":"a","client_secret":"b\u0000","username":"c","password":"d"}""")]
    [InlineData("POST", "/api/pd/search", """{"demographics":{"first_name":"Ada","last_name":"Ex\\\u0000ample","dob":"1970-01-31"}}""")]
    [InlineData("POST", "/login", """{"username":"\u0000","password":"b"}""")]
    public async Task NUL_in_any_field_of_a_body_is_refused(string method, string path, string body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        using var answer = await _server.Http.SendAsync(request);

        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(
            (HttpStatusCode.BadRequest, @"the body must not contain the character NUL (\u0000)"),
            (answer.StatusCode, problem.Text("detail"))
        );
    }

    [Theory]
    [InlineData("""{"resourceType":"ViewDefinition","name":"a\\u0000b"}""")]
    [InlineData("""{"resourceType":"ViewDefinition","name":"\\\\u0000"}""")]
    [InlineData("""{"resourceType":"ViewDefinition","name":"u0000"}""")]
    public async Task A_backslash_before_u0000_that_is_escaped_itself_is_not_NUL(string body)
    {
        using var answer = await _server.Http.PutAsync("/views/mine", new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.DoesNotContain("NUL", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>Replaces <c>{a*1000}</c> by 1000 letters a.</summary>
    private static string Expand(string request)
    {
        var at = request.IndexOf("{a*", StringComparison.Ordinal);
        if (at < 0)
            return request;
        var end = request.IndexOf('}', at);
        var count = int.Parse(request[(at + 3)..end], System.Globalization.CultureInfo.InvariantCulture);
        return request[..at] + new string('a', count) + request[(end + 1)..];
    }

    private async Task<string> SendAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _server.Http.BaseAddress!.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }
}

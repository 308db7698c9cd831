using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Interop.Api.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Api.Tests.Http;

/// <summary>Properties of every answer, and requests that are refused before an endpoint.</summary>
public sealed class HttpConventionTests : IAsyncLifetime
{
    private InteropServer _server = null!;

    private HttpClient Http => _server.Http;

    public async Task InitializeAsync() =>
        _server = await InteropServer.StartAsync(("CORS_ORIGINS", "https://app.example.org, https://other.example.org/"));

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Every_endpoint_is_described_with_its_answers_and_an_example_of_each()
    {
        var description = await Http.GetJsonAsync("/openapi.json");
        var operations = description
            .GetProperty("paths")
            .EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (Name: $"{operation.Name} {path.Name}", operation.Value)))
            .ToList();
        var mapped =
            from endpoint in ApiEndpoints.OfApi(_server.Services)
            from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
            let path = "/" + Regex.Replace(endpoint.RoutePattern.RawText!.Trim('/'), @"\{\**(\w+)(:\w+)?\}", "{$1}")
            where path != "/{documentName}.json"
            select $"{method.ToLowerInvariant()} {path}";
        Assert.Equal(mapped.Order(StringComparer.Ordinal), operations.Select(o => o.Name).Order(StringComparer.Ordinal));
        foreach (var (name, operation) in operations)
        {
            Assert.False(string.IsNullOrEmpty(operation.Text("operationId")), name);
            Assert.False(string.IsNullOrEmpty(operation.Text("summary")), name);
            if (operation.TryGetProperty("parameters", out var parameters))
            {
                Assert.All(
                    parameters.EnumerateArray(),
                    p => Assert.True(p.TryGetProperty("description", out _), $"{name}: {p.Text("name")} has no description")
                );
                Assert.All(
                    parameters.EnumerateArray(),
                    p => Assert.True(char.IsLower(p.Text("name")![0]), $"{name}: {p.Text("name")} begins with a capital")
                );
            }

            var responses = operation.GetProperty("responses").EnumerateObject().ToList();
            Assert.Contains(responses, r => r.Name is "200" or "202" or "204");
            foreach (var response in responses.Where(r => r.Name != "204"))
            {
                Assert.True(response.Value.TryGetProperty("content", out var content), $"{name} {response.Name} has no content");
                Assert.All(
                    content.EnumerateObject(),
                    type => Assert.True(type.Value.TryGetProperty("example", out _), $"{name} {response.Name} {type.Name} has no example")
                );
            }
        }

        var limit = operations
            .Single(o => o.Name == "get /runs")
            .Value.GetProperty("parameters")
            .EnumerateArray()
            .Single(p => p.Text("name") == "limit")
            .GetProperty("schema");
        Assert.Equal(
            ("integer", 1, 200, 20),
            (limit.Text("type"), limit.Number("minimum"), limit.Number("maximum"), limit.Number("default"))
        );
    }

    [Fact]
    public async Task The_page_to_try_the_API_is_served_with_all_its_files()
    {
        var page = await Http.GetStringAsync("/docs/index.html");
        foreach (var file in new[] { "swagger-ui.css", "index.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "index.js" })
        {
            Assert.Contains(file, page, StringComparison.Ordinal);
            Assert.NotEmpty(await Http.GetStringAsync($"/docs/{file}"));
        }

        Assert.Contains("/openapi.json", await Http.GetStringAsync("/docs/index.js"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/telemetry/events", "eventId,eventType", null, null)]
    [InlineData("/api/tokens/manual", "client_id,client_secret,password,username", null, null)]
    [InlineData("/api/pd/search", "demographics", "format", "json,xcpd")]
    public async Task Bodies_that_an_endpoint_reads_itself_are_described(string path, string required, string? parameter, string? values)
    {
        var description = await Http.GetJsonAsync("/openapi.json");
        var operation = description.GetProperty("paths").GetProperty(path).GetProperty("post");
        var body = operation.GetProperty("requestBody").GetProperty("content").GetProperty("application/json");
        var schema = body.GetProperty("schema");
        if (schema.TryGetProperty("$ref", out var reference))
            schema = description.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
        Assert.Equal(required, string.Join(',', schema.GetProperty("required").EnumerateArray().Select(m => m.GetString()).Order()));
        Assert.True(body.TryGetProperty("example", out _) || body.TryGetProperty("examples", out _));
        if (parameter is null)
            return;
        var found = operation.GetProperty("parameters").EnumerateArray().Single(p => p.Text("name") == parameter);
        Assert.Equal(values, string.Join(',', found.GetProperty("schema").GetProperty("enum").EnumerateArray().Select(v => v.GetString())));
    }

    [Fact]
    public async Task Health_answers_as_monitors_expect()
    {
        Assert.Equal("""{"status":"ok"}""", await Http.GetStringAsync("/health"));
        Assert.Equal("""{"status":"ok"}""", await Http.GetStringAsync("/health/ready"));
    }

    [Fact]
    public async Task Metrics_are_in_Prometheus_text()
    {
        await Http.GetStringAsync("/health");
        using var response = await Http.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("# TYPE http_server_request_duration_seconds histogram", lines);
        Assert.All(
            lines,
            line =>
                Assert.Matches(
                    @"^(# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .+|[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*=""([^""\\]|\\.)*"",?)+\})? (-?[0-9.eE+-]+|NaN|[+-]?Inf))$",
                    line
                )
        );
        Assert.Equal(
            lines.Where(l => l.StartsWith("# TYPE", StringComparison.Ordinal)).Distinct(),
            lines.Where(l => l.StartsWith("# TYPE", StringComparison.Ordinal))
        );
    }

    [Theory]
    [InlineData("abc-1:2/3_4.5", true)]
    [InlineData("with space", false)]
    [InlineData("<script>", false)]
    [InlineData("", false)]
    public async Task A_sane_request_id_of_the_caller_comes_back(string id, bool isKept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/runs/1");
        request.Headers.TryAddWithoutValidation("X-Request-ID", id);
        using var response = await Http.SendAsync(request);
        var answered = Assert.Single(response.Headers.GetValues("X-Request-ID"));
        if (isKept)
            Assert.Equal(id, answered);
        else
            Assert.Matches("^[0-9a-f]{32}$", answered);
    }

    [Theory]
    [InlineData("Origin", "http://evil.example", "the page's origin is not among CORS_ORIGINS")]
    [InlineData("Origin", "null", "the page's origin is not among CORS_ORIGINS")]
    [InlineData("Host", "evil.example", "the host name 'evil.example' is not allowed: add it to ALLOWED_HOSTS")]
    public async Task Pages_of_other_origins_and_foreign_host_names_are_refused(string header, string value, string detail)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/ingest/patients");
        request.Headers.TryAddWithoutValidation(header, value);
        using var response = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal(detail, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.Text("detail"));
    }

    [Theory]
    [InlineData("https://app.example.org")]
    [InlineData("https://other.example.org")]
    public async Task Pages_of_configured_origins_may_read(string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/runs") { Headers = { { "Origin", origin } } };
        using var response = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([origin], response.Headers.GetValues("Access-Control-Allow-Origin"));

        using var ask = new HttpRequestMessage(HttpMethod.Options, "/ingest/patients")
        {
            Headers = { { "Origin", origin }, { "Access-Control-Request-Method", "POST" } },
        };
        using var allowed = await Http.SendAsync(ask);
        Assert.Equal([origin], allowed.Headers.GetValues("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task The_pages_of_the_API_may_call_it()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/runs")
        {
            Headers = { { "Origin", Http.BaseAddress!.GetLeftPart(UriPartial.Authority) } },
        };
        using var response = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_body_that_is_too_long_is_refused_before_it_is_read()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/ingest/patients")
        {
            Content = new ByteArrayContent(new byte[(1024 * 1024) + 1]),
        };
        request.Headers.ExpectContinue = true;
        using var response = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("at most 1048576", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/runs?job=a%00b", "job must not contain the character NUL (%00)")]
    [InlineData("/views/patients/rows?format=%00", "format must not contain the character NUL (%00)")]
    [InlineData("/runs?jobb=nightly", "'jobb' is not a query parameter of this endpoint: it takes resource_type, source, status, job, ")]
    [InlineData("/health?verbose=1", "'verbose' is not a query parameter of this endpoint: it has none")]
    [InlineData("/runs?include_details=2", "include_details must be true or false, not '2'")]
    public async Task A_query_with_NUL_or_an_unknown_or_bad_parameter_is_refused(string path, string detail)
    {
        var problem = await Http.GetJsonAsync(path, HttpStatusCode.BadRequest);
        Assert.StartsWith(detail, problem.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flag_can_be_given_as_1_or_0()
    {
        Assert.Equal(JsonValueKind.Array, (await Http.GetJsonAsync("/runs?include_details=1")).ValueKind);
        Assert.Equal(JsonValueKind.Array, (await Http.GetJsonAsync("/runs?include_details=0")).ValueKind);
    }

    [Fact]
    public async Task The_start_page_names_the_documentation()
    {
        var start = await Http.GetJsonAsync("/");
        Assert.Equal(("Interop", "/docs", "/openapi.json"), (start.Text("name"), start.Text("docs"), start.Text("openapi")));
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/runs")]
    [InlineData("/openapi.json")]
    public async Task HEAD_answers_as_GET_without_a_body(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var response = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Too_long_a_target_and_too_long_headers_are_refused_with_a_body()
    {
        var target = await Http.GetJsonAsync("/runs?job=" + new string('a', 9000), HttpStatusCode.RequestUriTooLong);
        Assert.StartsWith("the path and query have 90", target.Text("detail"), StringComparison.Ordinal);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/runs") { Headers = { { "X-Long", new string('a', 40_000) } } };
        using var response = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, response.StatusCode);
        Assert.Contains("at most 32768", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/health", "default-src 'none'; frame-ancestors 'none'")]
    [InlineData("/nowhere", "default-src 'none'; frame-ancestors 'none'")]
    [InlineData("/docs/index.html", "default-src 'self';")]
    public async Task Every_answer_has_the_security_headers(string path, string policy)
    {
        using var response = await Http.GetAsync(path);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("same-origin", Assert.Single(response.Headers.GetValues("Cross-Origin-Resource-Policy")));
        Assert.StartsWith(policy, Assert.Single(response.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.Contains(
            "frame-ancestors 'none'",
            Assert.Single(response.Headers.GetValues("Content-Security-Policy")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task No_answer_names_the_server_software()
    {
        using var response = await Http.GetAsync("/nowhere");
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.False(response.Headers.Contains("Server"));
    }
}

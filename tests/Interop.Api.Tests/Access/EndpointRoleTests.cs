using System.Net;
using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Tests.Support;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Tests.Access;

/// <summary>Which role each endpoint asks for.</summary>
public sealed class EndpointRoleTests : IAsyncLifetime
{
    private AccessServer _server = null!;

    public async Task InitializeAsync() => _server = await AccessServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public void Every_endpoint_declares_its_role()
    {
        var undeclared = Endpoints(ApiEndpoints.All(_server.Services)).Where(e => e.Role is null && !e.IsAnonymous).Select(e => e.Name);
        Assert.Empty(undeclared);

        Assert.Equal(
            [
                "GET /",
                "GET /.well-known/jwks.json",
                "GET /api/health",
                "GET /health",
                "GET /health/ready",
                "GET /{documentName}.json",
                "POST /login",
                "POST /logout",
            ],
            Endpoints().Where(e => e.IsAnonymous).Select(e => e.Name).Order(StringComparer.Ordinal)
        );
        // The files of the pages are anonymous, and so is the login. The connection, through which pages read, is not.
        Assert.Equal(
            ["GET /not-found", "GET /sign-in"],
            Endpoints(ApiEndpoints.All(_server.Services).Except(ApiEndpoints.OfApi(_server.Services)))
                .Where(e => e is { IsAnonymous: true, Method: "GET" } && !e.Path.StartsWith("/_content/", StringComparison.Ordinal))
                .Select(e => e.Name)
                .Order(StringComparer.Ordinal)
        );
        // What a viewer may send with POST writes nothing.
        Assert.Equal(
            ["POST /api/reports/accesses", "POST /views/{name}/preview", "POST /views/{name}/rows/search"],
            Endpoints().Where(e => e is { Role: AccessRole.Viewer, Method: not "GET" }).Select(e => e.Name).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Every_endpoint_declares_its_audit_action_or_why_it_has_none()
    {
        Assert.Empty(Endpoints().Where(e => e.Audit is null).Select(e => e.Name));
        // Every endpoint that changes something is audited.
        Assert.Equal(
            ["POST /api/telemetry/events"],
            Endpoints().Where(e => e is { Audit.Action: null, Method: not "GET" }).Select(e => e.Name)
        );
        Assert.All(Endpoints().Where(e => e.Audit!.Action is null), e => Assert.NotEmpty(e.Audit!.Reason!));
        // Every endpoint that reads patients' data is audited; the others return figures and settings only.
        Assert.Equal(
            [
                "GET /api/agents/{*id}",
                "GET /api/alerts",
                "GET /api/alerts/stream",
                "GET /api/alerts/{id}",
                "GET /api/cases",
                "GET /api/cases/{id:long}",
                "GET /api/patients/{id}/accesses",
                "GET /api/patients/{id}/resources",
                "GET /api/pd-executions",
                "GET /api/telemetry/events",
                "GET /api/timeline",
                "GET /api/watchlist",
                "GET /runs/{id:long}",
                "GET /runs/{id:long}/deadletters",
                "GET /tm2/files/{processingId:guid}/failures",
                "GET /tm2/files/{processingId:guid}/records",
                "GET /uploads/{fileId:guid}/failures",
                "GET /uploads/{fileId:guid}/rows",
                "GET /views/{name}/rows",
            ],
            Endpoints().Where(e => e is { Audit.Action: not null, Method: "GET" }).Select(e => e.Name).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task A_caller_without_credentials_gets_401_everywhere_and_a_viewer_gets_403_on_what_needs_more()
    {
        var viewer = ("Authorization", $"Bearer {await _server.TokenAsync(AccessRole.Viewer)}");
        var operators = ("Authorization", $"Bearer {await _server.TokenAsync(AccessRole.Operator)}");
        foreach (var endpoint in Endpoints().Where(e => !e.IsAnonymous))
        {
            var (method, path) = endpoint.Request;
            Assert.Equal((endpoint.Name, HttpStatusCode.Unauthorized), (endpoint.Name, await _server.StatusAsync(method, path)));
            if (endpoint.Role > AccessRole.Viewer)
                Assert.Equal((endpoint.Name, HttpStatusCode.Forbidden), (endpoint.Name, await _server.StatusAsync(method, path, viewer)));
            if (endpoint.Role > AccessRole.Operator)
                Assert.Equal(
                    (endpoint.Name, HttpStatusCode.Forbidden),
                    (endpoint.Name, await _server.StatusAsync(method, path, operators))
                );
        }

        Assert.Equal(HttpStatusCode.OK, await _server.StatusAsync(HttpMethod.Get, "/runs", viewer));
        Assert.Equal(HttpStatusCode.OK, await _server.StatusAsync(HttpMethod.Get, "/metrics", operators));
    }

    private IEnumerable<Declared> Endpoints() => Endpoints(ApiEndpoints.OfApi(_server.Services));

    private static IEnumerable<Declared> Endpoints(IEnumerable<RouteEndpoint> endpoints) =>
        from endpoint in endpoints
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select new Declared(
            method,
            "/" + endpoint.RoutePattern.RawText!.Trim('/'),
            RequiredRole.Of(endpoint),
            endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null,
            Auditing.Of(endpoint)
        );

    private sealed record Declared(string Method, string Path, AccessRole? Role, bool IsAnonymous, AuditDeclaration? Audit)
    {
        public string Name => $"{Method} {Path}";

        public (HttpMethod, string) Request =>
            (
                HttpMethod.Parse(Method),
                Path.Replace("{id:long}", "1")
                    .Replace("{name}", "patients")
                    .Replace("{source}", "default")
                    .Replace("{type}", "Patient")
                    .Replace("{job}", "patients")
                    .Replace("{resource_type}", "Patient")
                    .Replace("{resourceType}", "Patient")
                    .Replace("{id}", "1")
                    .Replace("{fileId:guid}", $"{Guid.Empty}")
                    .Replace("{processingId:guid}", $"{Guid.Empty}")
                    .Replace("{*id}", "1")
            );
    }
}

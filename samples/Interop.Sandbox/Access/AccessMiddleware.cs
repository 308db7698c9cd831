using Interop.Sandbox.Fhir;
using Interop.Sandbox.OpenEmr;

namespace Interop.Sandbox.Access;

/// <summary>Refuses FHIR requests without a valid token or credentials. The discovery documents stay open, because a client needs them to
/// get a token.</summary>
internal sealed class AccessMiddleware(RequestDelegate next, AccessOptions access, AccessTokens tokens, OpenEmrUpstream openEmr)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        if (
            !path.StartsWithSegments(FhirPaths.Root, out var rest)
            || rest == "/metadata"
            || rest.StartsWithSegments("/.well-known")
            || IsAllowed(context.Request)
        )
        {
            await next(context);
            return;
        }
        var answer = FhirAnswer.Error(401, "login", "This server needs a valid access token or credentials.");
        answer.Headers.Add(
            ("WWW-Authenticate", access.AllowBearer ? "Bearer realm=\"sandbox\", error=\"invalid_token\"" : "Basic realm=\"sandbox\"")
        );
        await answer.SendAsync(context);
    }

    private bool IsAllowed(HttpRequest request)
    {
        if (access.AllowBasic && TokenEndpoint.TryBasic(request, out var user, out var password))
            return TokenEndpoint.IsSecret(access, user, password);
        var header = request.Headers.Authorization.ToString();
        if (!access.AllowBearer || !header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return false;
        var token = header[7..].Trim();
        return tokens.IsValid(token) || (access.AllowOpenEmr && openEmr.IsValid(token));
    }
}

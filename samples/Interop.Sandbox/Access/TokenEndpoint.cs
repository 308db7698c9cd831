using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Interop.Sandbox.Access;

/// <summary>`POST /oauth2/token`: client_credentials with a secret (in the form or as Basic) or with a signed assertion.</summary>
internal sealed class TokenEndpoint(AccessOptions access, AccessTokens tokens, SandboxOptions options)
{
    private const string JwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    public static string Address(HttpRequest request) => $"{request.Scheme}://{request.Host}/oauth2/token";

    public async Task HandleAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!context.Request.HasFormContentType)
        {
            await RefuseAsync(context, 400, "invalid_request", "The body must be application/x-www-form-urlencoded.");
            return;
        }
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (form["grant_type"] != "client_credentials")
        {
            await RefuseAsync(context, 400, "unsupported_grant_type", "Only client_credentials is supported.");
            return;
        }
        if (Refusal(context, form) is { } reason)
        {
            await RefuseAsync(context, 401, "invalid_client", reason);
            return;
        }
        await WriteAsync(
            context,
            200,
            new Dictionary<string, object>
            {
                ["access_token"] = tokens.Issue(access.TokenLifetime),
                ["token_type"] = "bearer",
                ["expires_in"] = (long)access.TokenLifetime.TotalSeconds,
                ["scope"] = form["scope"].ToString() is { Length: > 0 } scope ? scope : "system/*.rs",
            }
        );
    }

    /// <summary>`.well-known/smart-configuration`: where a client that only knows the FHIR base finds the token endpoint.</summary>
    public static Task ConfigurationAsync(HttpContext context) =>
        WriteAsync(
            context,
            200,
            new Dictionary<string, object>
            {
                ["token_endpoint"] = Address(context.Request),
                ["grant_types_supported"] = new[] { "client_credentials" },
                ["token_endpoint_auth_methods_supported"] = new[] { "private_key_jwt", "client_secret_basic", "client_secret_post" },
                ["token_endpoint_auth_signing_alg_values_supported"] = new[] { "RS384", "ES384" },
                ["scopes_supported"] = new[] { "system/*.rs" },
                ["capabilities"] = new[] { "client-confidential-asymmetric" },
            }
        );

    public static bool TryBasic(HttpRequest request, out string user, out string password)
    {
        user = password = "";
        var header = request.Headers.Authorization.ToString();
        Span<byte> decoded = new byte[header.Length];
        if (
            !header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)
            || !Convert.TryFromBase64String(header[6..], decoded, out var length)
        )
            return false;
        var text = Encoding.UTF8.GetString(decoded[..length]);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            return false;
        (user, password) = (text[..colon], text[(colon + 1)..]);
        return true;
    }

    public static bool IsSecret(AccessOptions access, string user, string password) =>
        access.ClientSecret is { } secret
        && user == access.ClientId
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(password));

    private string? Refusal(HttpContext context, IFormCollection form)
    {
        if (form["client_assertion"].ToString() is not { Length: > 0 } assertion)
        {
            if (!TryBasic(context.Request, out var user, out var password))
                (user, password) = (form["client_id"].ToString(), form["client_secret"].ToString());
            return IsSecret(access, user, password) ? null : "Unknown client or wrong secret.";
        }
        if (form["client_assertion_type"] != JwtBearer || access.PublicJwk is null)
            return "client_assertion is accepted as jwt-bearer from a client with a registered key.";
        try
        {
            var verified = ClientAssertion.Verify(
                assertion,
                access.PublicJwk,
                access.ClientId,
                Address(context.Request),
                options.Time.GetUtcNow()
            );
            return tokens.TryUseAssertion(verified.Id, verified.Expiry) ? null : "This jti was used before.";
        }
        catch (InvalidAssertionException error)
        {
            return error.Message;
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string error, string description) =>
        WriteAsync(context, status, new Dictionary<string, object> { ["error"] = error, ["error_description"] = description });

    private static Task WriteAsync(HttpContext context, int status, Dictionary<string, object> answer)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        return JsonSerializer.SerializeAsync(context.Response.Body, answer, cancellationToken: context.RequestAborted);
    }
}

using System.Globalization;
using System.Text.Json;

namespace Interop.Tokens;

/// <summary>The answer of a token endpoint (RFC 6749, 5.1 and 5.2).</summary>
internal sealed record TokenResponse(TokenOutcome Outcome, string? Problem, HeldToken? Token)
{
    private const int MaxTokenLength = 16 * 1024;
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(365);

    /// <summary>The error codes of RFC 6749 and OpenID Connect. Other text of a server may contain confidential data, and is not passed
    /// on.</summary>
    private static readonly string[] OAuthErrors =
    [
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "access_denied",
        "server_error",
        "temporarily_unavailable",
    ];

    /// <inheritdoc/>
    public override string ToString() => Outcome.ToString();

    public static TokenResponse Failed(TokenOutcome outcome, string problem) => new(outcome, problem, null);

    /// <param name="isSuccess">Whether the status was a 2xx.</param>
    /// <param name="requestedScope">The scope of the request, which is the token's scope if the answer names none.</param>
    /// <param name="sentAt">The timestamp of the request. The lifetime counts from there, not from the arrival of the answer.</param>
    public static TokenResponse Read(bool isSuccess, byte[] body, string? requestedScope, long sentAt)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return Refused(null);
            if (!isSuccess || Text(root, "access_token") is not { Length: > 0 } token)
                return Refused(Text(root, "error"));
            if (!CanBeSent(token))
                return Failed(
                    TokenOutcome.Refused,
                    "OpenEMR sent a token that cannot be used: it is too long, or has characters that RFC 6750 does not allow"
                );
            var scope = Text(root, "scope") ?? requestedScope;
            return new TokenResponse(
                TokenOutcome.Granted,
                null,
                new HeldToken(new AccessToken(token), Text(root, "refresh_token"), Lifetime(root), sentAt, scope)
            );
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: a string with a lone surrogate
        {
            return Refused(null);
        }
    }

    private static TokenResponse Refused(string? error) =>
        Failed(
            TokenOutcome.Refused,
            OAuthErrors.Contains(error) ? $"OpenEMR refused the token request: {error}" : "OpenEMR refused the token request"
        );

    /// <summary>Whether an Authorization header can contain the token: visible ASCII characters without white space (RFC 6750,
    /// 2.1).</summary>
    private static bool CanBeSent(string token) => token.Length <= MaxTokenLength && token.All(c => c is > ' ' and <= '~');

    /// <summary>Some servers send the number as a string. With zero or less the token has expired already.</summary>
    private static TimeSpan Lifetime(JsonElement root)
    {
        if (!root.TryGetProperty("expires_in", out var value))
            return DefaultLifetime;
        double seconds;
        if (
            value.ValueKind == JsonValueKind.Number
                ? !value.TryGetDouble(out seconds)
                : !double.TryParse(Text(root, "expires_in"), NumberStyles.Float, CultureInfo.InvariantCulture, out seconds)
        )
            return DefaultLifetime;
        return double.IsNaN(seconds) ? DefaultLifetime : TimeSpan.FromSeconds(Math.Clamp(seconds, 0, LongestLifetime.TotalSeconds));
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>A token with its lifetime, measured on the monotonic clock.</summary>
internal sealed record HeldToken(AccessToken Token, string? RefreshToken, TimeSpan Lifetime, long Since, string? Scope)
{
    /// <inheritdoc/>
    public override string ToString() => "(secret)";

    public TimeSpan Left(TimeProvider time)
    {
        var left = Lifetime - time.GetElapsedTime(Since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}

using System.Text.Json;

namespace Interop.Tokens;

/// <summary>What a token endpoint answered (RFC 6749, 5.1 and 5.2).</summary>
internal sealed record TokenResponse(TokenOutcome Outcome, string? Problem, HeldToken? Token)
{
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(365);

    /// <summary>The codes of RFC 6749 and of OpenID Connect: whatever else a server writes may say what nobody should read.</summary>
    private static readonly string[] OAuthErrors =
    [
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "access_denied",
        "server_error", "temporarily_unavailable",
    ];

    /// <inheritdoc/>
    public override string ToString() => Outcome.ToString();

    public static TokenResponse Failed(TokenOutcome outcome, string problem) => new(outcome, problem, null);

    /// <param name="ok">Whether the status was a 2xx.</param>
    /// <param name="sentAt">When it was asked for: a lifetime counts from there, not from when the answer came.</param>
    public static TokenResponse Read(bool ok, byte[] body, string? askedScope, long sentAt)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return Refused(null);
            return ok && Text(root, "access_token") is { Length: > 0 } token
                ? new TokenResponse(
                    TokenOutcome.Granted, null, new HeldToken(new AccessToken(token), Text(root, "refresh_token"), Lifetime(root), sentAt, Text(root, "scope") ?? askedScope))
                : Refused(Text(root, "error"));
        }
        catch (JsonException)
        {
            return Refused(null);
        }
    }

    private static TokenResponse Refused(string? error) => Failed(
        TokenOutcome.Refused,
        OAuthErrors.Contains(error) ? $"OpenEMR refused the token request: {error}" : "OpenEMR refused the token request");

    /// <summary>Some servers send the number as a string; one that is zero or less is over already.</summary>
    private static TimeSpan Lifetime(JsonElement root)
    {
        if (!root.TryGetProperty("expires_in", out var value))
            return DefaultLifetime;
        double seconds;
        if (value.ValueKind == JsonValueKind.Number ? !value.TryGetDouble(out seconds) : !double.TryParse(Text(root, "expires_in"), out seconds))
            return DefaultLifetime;
        return double.IsNaN(seconds) ? DefaultLifetime : TimeSpan.FromSeconds(Math.Clamp(seconds, 0, LongestLifetime.TotalSeconds));
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>A token with its end, counted on the clock that nobody sets.</summary>
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

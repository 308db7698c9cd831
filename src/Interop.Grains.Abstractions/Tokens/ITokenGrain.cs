namespace Interop.Tokens;

/// <summary>
/// The access token of one OpenEMR tenant; the key is the tenant's name. Concurrent calls share one request to OpenEMR, and the token is
/// renewed before it expires. It is kept in memory only.
/// </summary>
[Alias("Interop.ITokenGrain")]
public interface ITokenGrain : IGrainWithStringKey
{
    /// <summary>A valid token, which is requested if there is none. Only for callers that send it to the tenant's servers.</summary>
    [Alias("GetToken")]
    Task<TokenGrant> GetToken();

    /// <summary>Discards this token, if it is still the current one, because a server refused it.</summary>
    [Alias("Invalidate")]
    Task Invalidate(AccessToken token);

    /// <summary>Whether there is a token, and how long it is valid.</summary>
    [Alias("GetStatus")]
    Task<TokenStatus> GetStatus();

    /// <summary>Requests a new token with the configured credentials. If that fails, a token that is still valid is kept.</summary>
    [Alias("Refresh")]
    Task<TokenAnswer> Refresh();

    /// <summary>Requests a token with other credentials, which are not kept.</summary>
    [Alias("FetchManually")]
    Task<TokenAnswer> FetchManually(ManualCredentials credentials);
}

/// <summary>A secret. Its text form does not show it.</summary>
[GenerateSerializer, Immutable, Alias("Interop.AccessToken")]
public sealed record AccessToken(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => "(secret)";
}

/// <summary>Credentials of one request. Their text form does not show them.</summary>
[GenerateSerializer, Immutable, Alias("Interop.ManualCredentials")]
public sealed record ManualCredentials(string ClientId, string ClientSecret, string Username, string Password, string? Scope)
{
    /// <inheritdoc/>
    public override string ToString() => "(secret)";
}

/// <summary>The result of a token request.</summary>
public enum TokenOutcome
{
    /// <summary>There is a token.</summary>
    Granted,

    /// <summary>A setting is missing.</summary>
    NotConfigured,

    /// <summary>OpenEMR refused, or its answer holds no usable token.</summary>
    Refused,

    /// <summary>OpenEMR could not be reached.</summary>
    Unreachable,

    /// <summary>OpenEMR did not answer in time.</summary>
    TimedOut,
}

/// <summary>A token, or why there is none.</summary>
/// <param name="Outcome">The result.</param>
/// <param name="Token">The token, if it was granted.</param>
/// <param name="Problem">Why it was not granted. Contains no secret.</param>
[GenerateSerializer, Immutable, Alias("Interop.TokenGrant")]
public sealed record TokenGrant(TokenOutcome Outcome, AccessToken? Token, string? Problem);

/// <summary>The state of a token, without its value.</summary>
/// <param name="IsPresent">Whether there is a valid token.</param>
/// <param name="ExpiresIn">How long it is valid; null: there is no token.</param>
[GenerateSerializer, Immutable, Alias("Interop.TokenStatus")]
public sealed record TokenStatus(bool IsPresent, TimeSpan? ExpiresIn);

/// <summary>The result of a token request, without the value of the token.</summary>
/// <param name="ExpiresAt">By the clock of this machine.</param>
/// <param name="Scope">The scope that OpenEMR granted, or the requested one if the answer names none.</param>
[GenerateSerializer, Immutable, Alias("Interop.TokenAnswer")]
public sealed record TokenAnswer(
    TokenOutcome Outcome,
    string? Problem,
    bool IsPresent,
    TimeSpan ExpiresIn,
    DateTimeOffset? ExpiresAt,
    string? Scope
);

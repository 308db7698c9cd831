namespace Interop.Tokens;

/// <summary>
/// The access token of one OpenEMR tenant; the key is its name. However many ask, one request at a time goes to OpenEMR, and the token is
/// renewed before it ends. It lives in memory only.
/// </summary>
[Alias("Interop.ITokenGrain")]
public interface ITokenGrain : IGrainWithStringKey
{
    /// <summary>A token that is still valid, fetched if need be: for who sends it to the tenant's servers, and nobody else.</summary>
    [Alias("GetToken")]
    Task<TokenGrant> GetToken();

    /// <summary>Takes this token out of use, if it still is in use: a server refused it.</summary>
    [Alias("Invalidate")]
    Task Invalidate(AccessToken token);

    /// <summary>Whether there is a token, and for how long.</summary>
    [Alias("GetStatus")]
    Task<TokenStatus> GetStatus();

    /// <summary>Fetches a new token with the configured credentials. A token that is still valid stays when that fails.</summary>
    [Alias("Refresh")]
    Task<TokenAnswer> Refresh();

    /// <summary>Fetches a token with other credentials, which are not kept.</summary>
    [Alias("FetchManually")]
    Task<TokenAnswer> FetchManually(ManualCredentials credentials);
}

/// <summary>A secret: it says nothing about itself.</summary>
[GenerateSerializer, Immutable, Alias("Interop.AccessToken")]
public sealed record AccessToken(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => "(secret)";
}

/// <summary>Credentials of one request; they say nothing about themselves.</summary>
[GenerateSerializer, Immutable, Alias("Interop.ManualCredentials")]
public sealed record ManualCredentials(string ClientId, string ClientSecret, string Username, string Password, string? Scope)
{
    /// <inheritdoc/>
    public override string ToString() => "(secret)";
}

/// <summary>How an attempt to get a token came out.</summary>
public enum TokenOutcome
{
    /// <summary>There is one.</summary>
    Granted,

    /// <summary>The settings lack something.</summary>
    NotConfigured,

    /// <summary>OpenEMR said no, or something that is no token.</summary>
    Refused,

    /// <summary>OpenEMR could not be reached.</summary>
    Unreachable,

    /// <summary>OpenEMR did not answer in time.</summary>
    TimedOut,
}

/// <param name="Token">When granted.</param>
/// <param name="Problem">When not: what is wrong, without a secret in it.</param>
[GenerateSerializer, Immutable, Alias("Interop.TokenGrant")]
public sealed record TokenGrant(TokenOutcome Outcome, AccessToken? Token, string? Problem);

/// <param name="ExpiresIn">Null: there is none.</param>
[GenerateSerializer, Immutable, Alias("Interop.TokenStatus")]
public sealed record TokenStatus(bool IsPresent, TimeSpan? ExpiresIn);

/// <param name="ExpiresAt">By this machine's clock.</param>
/// <param name="Scope">As OpenEMR granted it, or as it was asked for.</param>
[GenerateSerializer, Immutable, Alias("Interop.TokenAnswer")]
public sealed record TokenAnswer(
    TokenOutcome Outcome, string? Problem, bool IsPresent, TimeSpan ExpiresIn, DateTimeOffset? ExpiresAt, string? Scope);

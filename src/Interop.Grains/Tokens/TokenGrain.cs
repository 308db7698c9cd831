using Microsoft.Extensions.Logging;

namespace Interop.Tokens;

/// <inheritdoc cref="ITokenGrain"/>
/// <remarks>Reentrant: who comes while a request is under way waits for that request, and a status is told at once.</remarks>
[Reentrant]
internal sealed partial class TokenGrain(TenantRegistry tenants, OpenEmrClient openEmr, TimeProvider time, ILogger<TokenGrain> log) : Grain, ITokenGrain
{
    private static readonly TimeSpan RenewBefore = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WaitAfterFailure = TimeSpan.FromSeconds(10);

    private HeldToken? _held;
    private Task<TokenResponse>? _request;
    private IGrainTimer? _renewal;

    private TenantOptions Tenant => tenants[this.GetPrimaryKeyString()];

    public async Task<TokenGrant> GetToken()
    {
        if (_held is { } held && held.Left(time) > TimeSpan.Zero)
            return new TokenGrant(TokenOutcome.Granted, held.Token, null);
        var response = await RenewAsync();
        return new TokenGrant(response.Outcome, response.Token?.Token, response.Problem);
    }

    public Task Invalidate(AccessToken token)
    {
        if (_held?.Token == token)
            _held = null;
        return Task.CompletedTask;
    }

    public Task<TokenStatus> GetStatus() => Task.FromResult(
        _held is { } held && held.Left(time) is var left && left > TimeSpan.Zero ? new TokenStatus(true, left) : new TokenStatus(false, null));

    public async Task<TokenAnswer> Refresh() => AnswerTo(await RenewAsync());

    public async Task<TokenAnswer> FetchManually(ManualCredentials credentials)
    {
        if (string.IsNullOrEmpty(Tenant.TokenUrl))
            return AnswerTo(NotConfigured(TenantOptions.NameOf(this.GetPrimaryKeyString(), "OPENEMR_TOKEN_URL", nameof(Tenant.TokenUrl))));
        var response = await openEmr.ByPasswordAsync(Tenant with
        {
            ClientId = credentials.ClientId,
            ClientSecret = credentials.ClientSecret,
            Username = credentials.Username,
            Password = credentials.Password,
            Scope = credentials.Scope,
            UserRole = "users",
        });
        // Its refresh token would go on with these credentials; the next refresh is for the configured ones.
        if (response.Token is { } token)
            Hold(token with { RefreshToken = null });
        return AnswerTo(response);
    }

    /// <summary>One request at a time, whoever asks for it.</summary>
    private Task<TokenResponse> RenewAsync() => _request ??= RequestAsync();

    private async Task<TokenResponse> RequestAsync()
    {
        await Task.Yield(); // so that it is in its field before it ends
        try
        {
            if (Tenant.Missing(this.GetPrimaryKeyString()) is { } setting)
                return NotConfigured(setting);
            var response = _held?.RefreshToken is { } refreshToken ? await openEmr.ByRefreshTokenAsync(Tenant, refreshToken) : null;
            // A server need not send another refresh token with each answer.
            if (response?.Token is { RefreshToken: null } renewed)
                response = response with { Token = renewed with { RefreshToken = _held?.RefreshToken } };
            if (response?.Token is null)
                response = await openEmr.ByPasswordAsync(Tenant);
            if (response.Token is { } token)
                Hold(token);
            else
                LogFailed(this.GetPrimaryKeyString(), response.Problem!);
            return response;
        }
        finally
        {
            _request = null;
        }
    }

    private void Hold(HeldToken token)
    {
        _held = token;
        RenewIn(token.Left(time));
    }

    /// <summary>A minute before the end; of a short life at its half.</summary>
    private void RenewIn(TimeSpan left)
    {
        var wait = left > 2 * RenewBefore ? left - RenewBefore : left / 2;
        Schedule(wait > ShortestWait ? wait : ShortestWait);
    }

    private void Schedule(TimeSpan wait)
    {
        _renewal?.Dispose();
        _renewal = this.RegisterGrainTimer(
            RenewInBackgroundAsync, new GrainTimerCreationOptions { DueTime = wait, Period = Timeout.InfiniteTimeSpan, Interleave = true, KeepAlive = true });
    }

    private async Task RenewInBackgroundAsync(CancellationToken cancellationToken)
    {
        // Without credentials a token that was fetched by hand just ends; one that was over at once is not asked for again and again.
        if (Tenant.Missing(this.GetPrimaryKeyString()) is not null || _held is null || _held.Left(time) == TimeSpan.Zero)
            return;
        if ((await RenewAsync()).Token is null)
            Schedule(WaitAfterFailure); // the old one serves on while it is valid
    }

    private static TokenResponse NotConfigured(string setting) =>
        TokenResponse.Failed(TokenOutcome.NotConfigured, $"OpenEMR is not configured: {setting} is missing");

    private TokenAnswer AnswerTo(TokenResponse response)
    {
        var left = response.Token?.Left(time) ?? TimeSpan.Zero;
        return new TokenAnswer(
            response.Outcome, response.Problem, response.Token is not null, left, response.Token is null ? null : time.GetUtcNow() + left, response.Token?.Scope);
    }

    [LoggerMessage(4201, LogLevel.Warning, "No token for tenant {Tenant}: {Problem}")]
    private partial void LogFailed(string tenant, string problem);
}

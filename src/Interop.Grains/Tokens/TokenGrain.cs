using Microsoft.Extensions.Logging;

namespace Interop.Tokens;

/// <inheritdoc cref="ITokenGrain"/>
/// <remarks>Reentrant: calls that arrive during a request to OpenEMR wait for its answer, and a status call is answered at once.</remarks>
[Reentrant]
internal sealed partial class TokenGrain(TenantRegistry tenants, OpenEmrClient openEmr, TimeProvider time, ILogger<TokenGrain> log)
    : Grain,
        ITokenGrain
{
    private static readonly TimeSpan RenewBefore = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1); // a timer cannot wait longer than 49 days
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

    public Task<TokenStatus> GetStatus() =>
        Task.FromResult(
            _held is { } held && held.Left(time) is var left && left > TimeSpan.Zero
                ? new TokenStatus(true, left)
                : new TokenStatus(false, null)
        );

    public async Task<TokenAnswer> Refresh() => AnswerTo(await RenewAsync());

    public async Task<TokenAnswer> FetchManually(ManualCredentials credentials)
    {
        if (string.IsNullOrEmpty(Tenant.TokenUrl))
            return AnswerTo(NotConfigured(TenantOptions.NameOf(this.GetPrimaryKeyString(), "OPENEMR_TOKEN_URL", nameof(Tenant.TokenUrl))));
        var response = await openEmr.RequestByPasswordAsync(
            Tenant with
            {
                ClientId = credentials.ClientId,
                ClientSecret = credentials.ClientSecret,
                Username = credentials.Username,
                Password = credentials.Password,
                Scope = credentials.Scope,
                UserRole = "users",
            }
        );
        // The refresh token belongs to these credentials, and the next refresh must use the configured ones.
        if (response.Token is { } token)
            Hold(token with { RefreshToken = null });
        return AnswerTo(response);
    }

    /// <summary>Starts a request, or joins the one that is under way.</summary>
    private Task<TokenResponse> RenewAsync() => _request ??= RequestAsync();

    private async Task<TokenResponse> RequestAsync()
    {
        await Task.Yield(); // so that the field is set before the request ends
        try
        {
            if (Tenant.Missing(this.GetPrimaryKeyString()) is { } setting)
                return NotConfigured(setting);
            var response = _held?.RefreshToken is { } refreshToken ? await openEmr.RequestByRefreshTokenAsync(Tenant, refreshToken) : null;
            // A server need not send a new refresh token with each answer.
            if (response?.Token is { RefreshToken: null } renewed)
                response = response with { Token = renewed with { RefreshToken = _held?.RefreshToken } };
            if (response?.Token is null)
                response = await openEmr.RequestByPasswordAsync(Tenant);
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
        ScheduleRenewal(token.Left(time));
    }

    /// <summary>Schedules the renewal one minute before the end, or after half of a short lifetime.</summary>
    private void ScheduleRenewal(TimeSpan left)
    {
        var wait = left > 2 * RenewBefore ? left - RenewBefore : left / 2;
        Schedule(
            wait < ShortestWait ? ShortestWait
            : wait > LongestWait ? LongestWait
            : wait
        );
    }

    private void Schedule(TimeSpan wait)
    {
        _renewal?.Dispose();
        _renewal = this.RegisterGrainTimer(
            RenewInBackgroundAsync,
            new GrainTimerCreationOptions
            {
                DueTime = wait,
                Period = Timeout.InfiniteTimeSpan,
                Interleave = true,
                KeepAlive = true,
            }
        );
    }

    private async Task RenewInBackgroundAsync(CancellationToken cancellationToken)
    {
        // Without configured credentials a token that was fetched manually expires. A token that had expired on arrival is not renewed.
        if (
            Tenant.Missing(this.GetPrimaryKeyString()) is not null
            || _held is null
            || _held.Left(time) is var left && left == TimeSpan.Zero
        )
            return;
        if (left > LongestWait)
            ScheduleRenewal(left); // the timer came early, because the token lives longer than a timer can wait
        else if ((await RenewAsync()).Token is null)
            Schedule(WaitAfterFailure); // the old token is used while it is valid
    }

    private static TokenResponse NotConfigured(string setting) =>
        TokenResponse.Failed(TokenOutcome.NotConfigured, $"OpenEMR is not configured: {setting} is missing");

    private TokenAnswer AnswerTo(TokenResponse response)
    {
        var left = response.Token?.Left(time) ?? TimeSpan.Zero;
        return new TokenAnswer(
            response.Outcome,
            response.Problem,
            response.Token is not null,
            left,
            response.Token is null ? null : time.GetUtcNow() + left,
            response.Token?.Scope
        );
    }

    [LoggerMessage(4201, LogLevel.Warning, "No token for tenant {Tenant}: {Problem}")]
    private partial void LogFailed(string tenant, string problem);
}

namespace Interop.Tokens;

/// <summary>Requests tokens from OpenEMR's token endpoint. Nothing of a request or an answer is logged.</summary>
internal sealed class OpenEmrClient(IHttpClientFactory http, TimeProvider time)
{
    public const string HttpClientName = "openemr";

    /// <summary>Requests a token with the user's credentials.</summary>
    public Task<TokenResponse> RequestByPasswordAsync(TenantOptions tenant) =>
        RequestAsync(
            tenant,
            ("grant_type", "password"),
            ("client_id", tenant.ClientId),
            ("client_secret", tenant.ClientSecret),
            ("username", tenant.Username),
            ("password", tenant.Password),
            ("scope", tenant.Scope),
            ("user_role", tenant.UserRole),
            ("email", tenant.UserRole == "patient" ? tenant.Email : null)
        );

    /// <summary>Requests a token with the refresh token of an earlier answer.</summary>
    public Task<TokenResponse> RequestByRefreshTokenAsync(TenantOptions tenant, string refreshToken) =>
        RequestAsync(
            tenant,
            ("grant_type", "refresh_token"),
            ("client_id", tenant.ClientId),
            ("client_secret", tenant.ClientSecret),
            ("refresh_token", refreshToken),
            ("scope", tenant.Scope)
        );

    private async Task<TokenResponse> RequestAsync(TenantOptions tenant, params (string Name, string? Value)[] form)
    {
        var sentAt = time.GetTimestamp();
        using var timeout = new CancellationTokenSource(tenant.Timeout, time);
        try
        {
            using var content = new FormUrlEncodedContent(
                form.Where(f => !string.IsNullOrEmpty(f.Value)).Select(f => KeyValuePair.Create(f.Name, f.Value!))
            );
            using var answer = await http.CreateClient(HttpClientName).PostAsync(new Uri(tenant.TokenUrl!), content, timeout.Token);
            var body = await answer.Content.ReadAsByteArrayAsync(timeout.Token);
            return TokenResponse.Read(answer.IsSuccessStatusCode, body, tenant.Scope, sentAt);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return TokenResponse.Failed(TokenOutcome.TimedOut, "OpenEMR did not answer in time");
        }
        catch (HttpRequestException e)
        {
            return TokenResponse.Failed(TokenOutcome.Unreachable, $"OpenEMR could not be reached ({e.HttpRequestError})");
        }
    }
}

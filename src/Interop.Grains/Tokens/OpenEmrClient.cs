namespace Interop.Tokens;

/// <summary>Asks OpenEMR's token endpoint. Nothing of a request or an answer is logged.</summary>
internal sealed class OpenEmrClient(IHttpClientFactory http, TimeProvider time)
{
    /// <summary>The client that token requests and patient discovery share: no redirects, no cookies, no logging of its own.</summary>
    public const string HttpClientName = "exchange";

    /// <summary>With the user's credentials.</summary>
    public Task<TokenResponse> ByPasswordAsync(TenantOptions tenant) => AskAsync(
        tenant,
        ("grant_type", "password"),
        ("client_id", tenant.ClientId),
        ("client_secret", tenant.ClientSecret),
        ("username", tenant.Username),
        ("password", tenant.Password),
        ("scope", tenant.Scope),
        ("user_role", tenant.UserRole),
        ("email", tenant.UserRole == "patient" ? tenant.Email : null));

    /// <summary>With the refresh token that came with an earlier one.</summary>
    public Task<TokenResponse> ByRefreshTokenAsync(TenantOptions tenant, string refreshToken) => AskAsync(
        tenant,
        ("grant_type", "refresh_token"),
        ("client_id", tenant.ClientId),
        ("client_secret", tenant.ClientSecret),
        ("refresh_token", refreshToken),
        ("scope", tenant.Scope));

    private async Task<TokenResponse> AskAsync(TenantOptions tenant, params (string Name, string? Value)[] form)
    {
        var sentAt = time.GetTimestamp();
        using var timeout = new CancellationTokenSource(tenant.Timeout, time);
        try
        {
            using var content = new FormUrlEncodedContent(
                form.Where(f => !string.IsNullOrEmpty(f.Value)).Select(f => KeyValuePair.Create(f.Name, f.Value!)));
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

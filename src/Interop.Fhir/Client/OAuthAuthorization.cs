using System.Net.Http.Headers;
using System.Text.Json;

namespace Interop.Fhir.Client;

/// <summary>How a client authenticates to a token endpoint.</summary>
public interface IClientProof
{
    /// <summary>The form fields beside <c>grant_type</c> and <c>scope</c>, created for every request.</summary>
    IEnumerable<KeyValuePair<string, string>> Fields();
}

/// <summary>A shared secret in the form (RFC 6749, 2.3.1).</summary>
public sealed class ClientSecret(string clientId, string clientSecret) : IClientProof
{
    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<string, string>> Fields() => [new("client_id", clientId), new("client_secret", clientSecret)];
}

/// <summary>
/// OAuth 2 client credentials (RFC 6749, 4.4): one token for all callers, requested once for all concurrent callers
/// and renewed a minute before it expires. The token leaves this object only as a header.
/// </summary>
public sealed class OAuthAuthorization(HttpClient http, Uri tokenUrl, IClientProof proof, string? scope, TimeProvider time)
    : IAuthorization,
        IDisposable
{
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _single = new(1, 1);
    private Token? _token;

    private sealed record Token(AuthenticationHeaderValue Header, DateTimeOffset RenewAt);

    /// <inheritdoc/>
    public async ValueTask<AuthenticationHeaderValue?> GetAsync(bool renew, CancellationToken cancellationToken)
    {
        var seen = Volatile.Read(ref _token);
        if (!renew && seen is not null && seen.RenewAt > time.GetUtcNow())
            return seen.Header;

        await _single.WaitAsync(cancellationToken);
        try
        {
            // Another caller may have renewed the token while this one waited.
            var current = _token;
            if (current is null || ReferenceEquals(current, seen))
                Volatile.Write(ref _token, current = await AskAsync(cancellationToken));
            return current.Header;
        }
        finally
        {
            _single.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _single.Dispose();

    private async Task<Token> AskAsync(CancellationToken cancellationToken)
    {
        var fields = new List<KeyValuePair<string, string>>(proof.Fields()) { new("grant_type", "client_credentials") };
        if (!string.IsNullOrEmpty(scope))
            fields.Add(new("scope", scope));

        using var timeout = new CancellationTokenSource(RequestTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var form = new FormUrlEncodedContent(fields);
            using var response = await http.PostAsync(tokenUrl, form, either.Token);
            var transient = (int)response.StatusCode is 408 or 429 or >= 500;
            if (!response.IsSuccessStatusCode)
                throw Failure($"the token endpoint answered {(int)response.StatusCode}", transient);
            using var document = await JsonDocument.ParseAsync(
                await response.Content.ReadAsStreamAsync(either.Token),
                default,
                either.Token
            );
            return Read(document.RootElement);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failure($"the token endpoint did not answer within {RequestTimeout.TotalSeconds:0} s", transient: true);
        }
        catch (Exception e)
            when (e is HttpRequestException or IOException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            // A parser's message could quote the answer, which holds the token: report only the exception type.
            throw Failure(
                $"the token endpoint gave no usable answer ({e.GetType().Name})",
                transient: e is HttpRequestException or IOException
            );
        }
    }

    private Token Read(JsonElement answer)
    {
        var now = time.GetUtcNow();
        var token = answer.GetProperty("access_token").GetString() ?? throw new InvalidOperationException();
        var seconds = answer.TryGetProperty("expires_in", out var e) && e.TryGetInt32(out var s) && s > 0 ? s : 300;
        var lifetime = TimeSpan.FromSeconds(seconds);
        var renewAt = now + (lifetime > 2 * Early ? lifetime - Early : lifetime / 2);
        return new Token(new AuthenticationHeaderValue("Bearer", token), renewAt);
    }

    private FhirRequestException Failure(string reason, bool transient) => new(tokenUrl, null, reason, transient);
}

namespace Interop.Fhir.Client;

/// <summary>How to talk to one FHIR server.</summary>
/// <param name="BaseUrl">The service base, ending in a slash.</param>
public sealed record FhirClientOptions(Uri BaseUrl)
{
    /// <summary>Further origins (<c>https://host:port</c>) to which a <c>next</c> link or a redirect may lead; the source's credentials
    /// never go there.</summary>
    public IReadOnlyCollection<Uri> AllowedOrigins { get; init; } = [];

    /// <summary>Tries per request, the first among them.</summary>
    public int MaxAttempts { get; init; } = 8;

    /// <summary>The first wait between tries; it doubles, with jitter, up to <see cref="MaxDelay"/>.</summary>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait between tries, unless the server asks for more by Retry-After.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The longest Retry-After that is waited for; a server that asks for more fails the request at once.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long one request may take altogether, tries and waits included.</summary>
    public TimeSpan MaxElapsed { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a server may stay silent, before its headers and between two parts of its body.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest answer, after decompression.</summary>
    public int MaxResponseBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>Requests that fail in a row, after all their tries, before the circuit opens.</summary>
    public int FailuresBeforeBreak { get; init; } = 3;

    /// <summary>How long an open circuit refuses requests.</summary>
    public TimeSpan BreakDuration { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>Gives the Authorization header for requests to the server's own origin.</summary>
public interface IAuthorization
{
    /// <summary>The header, or null for none. <paramref name="renew"/> asks for a fresh one after the server refused the last.</summary>
    ValueTask<System.Net.Http.Headers.AuthenticationHeaderValue?> GetAsync(bool renew, CancellationToken cancellationToken);
}

using System.Net;

namespace Interop.Fhir.Client;

/// <summary>A request failed: what was asked, what the server answered, and whether a retry may help.</summary>
public sealed class FhirRequestException : Exception
{
    /// <summary>Creates the failure of one request.</summary>
    public FhirRequestException(
        Uri url,
        HttpStatusCode? status,
        string reason,
        bool isTransient,
        TimeSpan? retryAfter = null,
        Exception? inner = null,
        string? logReason = null
    )
        : base($"GET {WithoutQueryValues(url)}: {reason}", inner)
    {
        LogMessage = logReason is null ? Message : $"GET {WithoutQueryValues(url)}: {logReason}";
        Reason = reason;
        Status = status;
        IsTransient = isTransient;
        RetryAfter = retryAfter;
    }

    /// <summary>The message without the server's own words, which may name a patient: for logs.</summary>
    public string LogMessage { get; }

    /// <summary>The message without the URL.</summary>
    public string Reason { get; }

    /// <summary>No connection to the server could be made.</summary>
    public bool IsUnreachable { get; init; }

    /// <summary>The HTTP status; null when no answer came or it could not be read.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>True for 408, 429, 5xx, a broken connection and an incomplete document.</summary>
    public bool IsTransient { get; }

    /// <summary>How long the server asked to wait.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>The server answered 404 or 410: on a <c>next</c> link that is an expired search.</summary>
    public bool IsGone => Status is HttpStatusCode.NotFound or HttpStatusCode.Gone;

    // Search parameters may name patients, user info carries passwords, and messages go to logs.
    private static string WithoutQueryValues(Uri url) =>
        url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
}

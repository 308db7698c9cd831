namespace Interop.Fhir.Client;

/// <summary>A request whose answer is not a page.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Url">Absolute, or relative to the service base.</param>
public sealed record FhirRequest(HttpMethod Method, Uri Url)
{
    /// <summary>The media type that is asked for.</summary>
    public string Accept { get; init; } = "application/fhir+json";

    /// <summary>The Prefer header, such as <c>respond-async</c>.</summary>
    public string? Prefer { get; init; }

    /// <summary>Asks for the content only when it has another ETag than this.</summary>
    public string? IfNoneMatch { get; init; }

    /// <summary>A resource to send.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>Whether the source's credentials are sent, to its own origin only.</summary>
    public bool SendsCredentials { get; init; } = true;
}

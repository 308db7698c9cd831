namespace Interop.Observability;

/// <summary>Values that travel with the calls of an HTTP request in Orleans' <see cref="RequestContext"/>.</summary>
public static class RequestScope
{
    /// <summary>The request's <c>X-Request-ID</c>, as log lines name it too.</summary>
    public const string RequestId = "RequestId";
}

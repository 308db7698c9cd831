using System.Collections.Concurrent;

namespace Interop.Sandbox.Mirth;

/// <summary>The answer of the XCPD responder behind the channel.</summary>
public enum XcpdCase
{
    /// <summary>One patient.</summary>
    OneMatch,

    /// <summary>Two patients.</summary>
    TwoMatches,

    /// <summary>Too many matches; the responder asks for more demographics.</summary>
    MoreDemographics,

    /// <summary>No patient.</summary>
    NoMatch,

    /// <summary>The responder failed (AE).</summary>
    Error,
}

/// <summary>A Mirth Connect channel for patient discovery, `POST /mirth/pd`: JSON or SOAP, with a bearer token of the sandbox's
/// OpenEMR.</summary>
public sealed class MirthUpstream
{
    /// <summary>The answer to SOAP.</summary>
    public XcpdCase Case { get; set; } = XcpdCase.OneMatch;

    /// <summary>The status of every answer, such as 500.</summary>
    public int Status { get; set; } = 200;

    /// <summary>The delay of an answer.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>The bodies of requests with a valid token.</summary>
    public ConcurrentQueue<string> Received { get; } = new();
}

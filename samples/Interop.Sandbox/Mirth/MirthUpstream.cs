using System.Collections.Concurrent;

namespace Interop.Sandbox.Mirth;

/// <summary>What the XCPD responder behind the channel says.</summary>
public enum XcpdCase
{
    /// <summary>One patient.</summary>
    OneMatch,

    /// <summary>Two patients.</summary>
    TwoMatches,

    /// <summary>Too many: more demographics, please.</summary>
    MoreDemographics,

    /// <summary>Nobody.</summary>
    NoMatch,

    /// <summary>The responder failed (AE).</summary>
    Error,
}

/// <summary>A Mirth Connect channel for patient discovery, `POST /mirth/pd`: JSON or SOAP, with a bearer token of the sandbox's OpenEMR.</summary>
public sealed class MirthUpstream
{
    /// <summary>The answer to SOAP.</summary>
    public XcpdCase Case { get; set; } = XcpdCase.OneMatch;

    /// <summary>The status of every answer, such as 500.</summary>
    public int Status { get; set; } = 200;

    /// <summary>How long an answer takes.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>The bodies that came with a valid token.</summary>
    public ConcurrentQueue<string> Received { get; } = new();
}

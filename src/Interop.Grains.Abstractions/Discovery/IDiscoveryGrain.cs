using System.Collections.Immutable;

namespace Interop.Discovery;

/// <summary>One patient discovery request; the key is <c>tenant/request id</c>, so that a request that comes twice at once is submitted once.</summary>
[Alias("Interop.IDiscoveryGrain")]
public interface IDiscoveryGrain : IGrainWithStringKey
{
    /// <summary>Sends the request to the tenant's Mirth channel, or tells again what became of it within the last day.</summary>
    [Alias("Submit")]
    Task<DiscoveryAnswer> Submit(DiscoveryRequest request);
}

/// <summary>How a request goes to Mirth.</summary>
public enum DiscoveryFormat
{
    /// <summary>Interop's own JSON.</summary>
    Json,

    /// <summary>IHE XCPD, ITI-55: PRPA_IN201305UV02 in SOAP 1.2.</summary>
    Xcpd,
}

/// <summary>Who is looked for; it says nothing about itself.</summary>
/// <param name="Dob">yyyy-MM-dd.</param>
[GenerateSerializer, Immutable, Alias("Interop.Demographics")]
public sealed record Demographics(string FirstName, string LastName, string Dob)
{
    /// <inheritdoc/>
    public override string ToString() => "(patient)";
}

[GenerateSerializer, Immutable, Alias("Interop.DiscoveryRequest")]
public sealed record DiscoveryRequest(string Tenant, string RequestId, Demographics Demographics, DiscoveryFormat Format);

/// <summary>How a submission came out.</summary>
public enum DiscoveryOutcome
{
    /// <summary>Mirth took it.</summary>
    Submitted,

    /// <summary>The settings lack something.</summary>
    NotConfigured,

    /// <summary>OpenEMR or Mirth said no, or could not be reached.</summary>
    UpstreamFailed,

    /// <summary>OpenEMR or Mirth did not answer in time.</summary>
    TimedOut,
}

/// <param name="CorrelationId">Null when nothing was sent.</param>
/// <param name="Result">What an XCPD answer said, when it came at once.</param>
[GenerateSerializer, Immutable, Alias("Interop.DiscoveryAnswer")]
public sealed record DiscoveryAnswer(DiscoveryOutcome Outcome, string? Problem, string? CorrelationId, XcpdResult? Result);

/// <summary>A PRPA_IN201306UV02 answer.</summary>
/// <param name="Outcome">match, matches, more_demographics, no_match or error.</param>
/// <param name="WantedDemographics">The codes of what the responder asks for.</param>
/// <param name="Matches">The identifiers of who was found.</param>
[GenerateSerializer, Immutable, Alias("Interop.XcpdResult")]
public sealed record XcpdResult(string Outcome, int ResultCount, ImmutableArray<string> WantedDemographics, ImmutableArray<XcpdMatch> Matches);

/// <param name="Root">The assigning authority.</param>
/// <param name="Extension">The patient's id there.</param>
[GenerateSerializer, Immutable, Alias("Interop.XcpdMatch")]
public sealed record XcpdMatch(string Root, string? Extension);

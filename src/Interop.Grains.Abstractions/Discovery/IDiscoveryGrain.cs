using System.Collections.Immutable;

namespace Interop.Discovery;

/// <summary>One patient discovery request. The key is <c>tenant/request id</c>, so a request that comes twice at the same time is submitted
/// once.</summary>
[Alias("Interop.IDiscoveryGrain")]
public interface IDiscoveryGrain : IGrainWithStringKey
{
    /// <summary>Sends the request to the tenant's Mirth channel, or returns the answer that it got within the last 24 hours.</summary>
    [Alias("Submit")]
    Task<DiscoveryAnswer> Submit(DiscoveryRequest request);
}

/// <summary>The format of a request to Mirth.</summary>
public enum DiscoveryFormat
{
    /// <summary>JSON with <c>request_id</c>, <c>correlation_id</c> and <c>demographics</c>.</summary>
    Json,

    /// <summary>IHE XCPD, ITI-55: PRPA_IN201305UV02 in SOAP 1.2.</summary>
    Xcpd,
}

/// <summary>The patient of a search. Its text form does not show the values.</summary>
/// <param name="Dob">yyyy-MM-dd.</param>
[GenerateSerializer, Immutable, Alias("Interop.Demographics")]
public sealed record Demographics(string FirstName, string LastName, string Dob)
{
    /// <inheritdoc/>
    public override string ToString() => "(patient)";
}

/// <summary>A patient discovery request.</summary>
/// <param name="Tenant">The OpenEMR tenant whose Mirth channel and token are used.</param>
/// <param name="RequestId">The caller's id; the same id within 24 hours is not sent again.</param>
/// <param name="Demographics">The patient to search for.</param>
/// <param name="Format">The format of the request to Mirth.</param>
[GenerateSerializer, Immutable, Alias("Interop.DiscoveryRequest")]
public sealed record DiscoveryRequest(string Tenant, string RequestId, Demographics Demographics, DiscoveryFormat Format);

/// <summary>The result of a submission.</summary>
public enum DiscoveryOutcome
{
    /// <summary>Mirth accepted it.</summary>
    Submitted,

    /// <summary>A setting is missing or wrong.</summary>
    NotConfigured,

    /// <summary>OpenEMR or Mirth refused, or could not be reached.</summary>
    UpstreamFailed,

    /// <summary>OpenEMR or Mirth did not answer in time.</summary>
    TimedOut,

    /// <summary>The request id was used for another patient within the last 24 hours. Nothing was sent.</summary>
    RequestIdReused,
}

/// <summary>The answer to a submission.</summary>
/// <param name="Outcome">The result.</param>
/// <param name="Problem">Why it was not submitted.</param>
/// <param name="CorrelationId">Null: nothing was sent.</param>
/// <param name="Result">The content of an XCPD answer, if it came at once.</param>
[GenerateSerializer, Immutable, Alias("Interop.DiscoveryAnswer")]
public sealed record DiscoveryAnswer(DiscoveryOutcome Outcome, string? Problem, string? CorrelationId, XcpdResult? Result);

/// <summary>A PRPA_IN201306UV02 answer.</summary>
/// <param name="Outcome">match, matches, more_demographics, no_match or error.</param>
/// <param name="ResultCount">The number of matches.</param>
/// <param name="WantedDemographics">The codes of the demographics that the responder asks for.</param>
/// <param name="Matches">The identifiers of the patients that were found; at most 1,000.</param>
[GenerateSerializer, Immutable, Alias("Interop.XcpdResult")]
public sealed record XcpdResult(
    string Outcome,
    int ResultCount,
    ImmutableArray<string> WantedDemographics,
    ImmutableArray<XcpdMatch> Matches
);

/// <summary>The identifier of a patient that was found.</summary>
/// <param name="Root">The assigning authority.</param>
/// <param name="Extension">The patient's id there.</param>
[GenerateSerializer, Immutable, Alias("Interop.XcpdMatch")]
public sealed record XcpdMatch(string Root, string? Extension);

using System.Collections.Immutable;

namespace Interop.Discovery;

/// <summary>Reads the events of patients. It has no state.</summary>
[Alias("Interop.ITimelineGrain")]
public interface ITimelineGrain : IQueryGrain
{
    /// <summary>The newest 1,000 events of a patient, oldest first.</summary>
    [Alias("Read")]
    Task<ImmutableArray<TimelineEvent>> Read(Demographics patient);
}

/// <summary>An event on a patient's timeline.</summary>
/// <param name="Timestamp">When it happened, by the clock of the silo.</param>
/// <param name="Type">What happened, such as <c>PD_SEARCH_REQUEST</c>.</param>
/// <param name="Status">The outcome.</param>
/// <param name="Details">JSON object without names or dates of birth.</param>
[GenerateSerializer, Immutable, Alias("Interop.TimelineEvent")]
public sealed record TimelineEvent(DateTimeOffset Timestamp, string Type, string Status, JsonText Details);

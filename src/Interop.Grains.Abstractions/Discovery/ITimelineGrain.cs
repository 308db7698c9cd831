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

[GenerateSerializer, Immutable, Alias("Interop.TimelineEvent")]
public sealed record TimelineEvent(DateTimeOffset Timestamp, string Type, string Status, JsonText Details);

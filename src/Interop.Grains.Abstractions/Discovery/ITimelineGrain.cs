using System.Collections.Immutable;

namespace Interop.Discovery;

/// <summary>What happened about a patient; holds nothing.</summary>
[Alias("Interop.ITimelineGrain")]
public interface ITimelineGrain : IQueryGrain
{
    /// <summary>A patient's events, oldest first.</summary>
    [Alias("Read")]
    Task<ImmutableArray<TimelineEvent>> Read(Demographics patient);
}

[GenerateSerializer, Immutable, Alias("Interop.TimelineEvent")]
public sealed record TimelineEvent(DateTimeOffset Timestamp, string Type, string Status, JsonText Details);

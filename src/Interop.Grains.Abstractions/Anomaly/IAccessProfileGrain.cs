using System.Collections.Immutable;

namespace Interop.Anomaly;

/// <summary>
/// The history of one agent of one source; the key is <c>source|agent</c>. It computes; the poller stores the profile in the transaction of
/// its batch, so that events and history never disagree.
/// </summary>
[Alias("Interop.IAccessProfileGrain")]
public interface IAccessProfileGrain : IGrainWithStringKey
{
    /// <summary>
    /// The features of a batch's accesses by this agent, and the profile after them. With a new epoch the stored profile is read anew: a
    /// batch that was not committed does not count. A sequence that is not above the last of its epoch is refused.
    /// </summary>
    [Alias("Observe")]
    Task<AccessObserved> Observe(AccessBatch batch);
}

/// <summary>A batch's accesses by one agent.</summary>
/// <param name="Epoch">The poller's fencing token; after any failure it is a new one.</param>
/// <param name="Sequence">The batch's number at its source.</param>
/// <param name="Accesses">In the order of their instants.</param>
[GenerateSerializer, Immutable, Alias("Interop.AccessBatch")]
public sealed record AccessBatch(long Epoch, long Sequence, ImmutableArray<AccessInContext> Accesses);

/// <summary>What a batch did to the history of one agent.</summary>
/// <param name="EventsBefore">The agent's events before this batch.</param>
/// <param name="Features">Per access its numbers, single precision, one after the other.</param>
/// <param name="Profile">The profile after the batch, in its saved form.</param>
[GenerateSerializer, Immutable, Alias("Interop.AccessObserved")]
public sealed record AccessObserved(long EventsBefore, ImmutableArray<byte> Features, ImmutableArray<byte> Profile);

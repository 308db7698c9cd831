using System.Collections.Immutable;

namespace Interop.Telemetry;

/// <summary>
/// Takes telemetry events: the entry to the commit service of the silo that the call reaches. All keys are equivalent. A call may be
/// repeated on another silo, because known events are not stored twice.
/// </summary>
[Alias("Interop.ITelemetryIntakeGrain")]
public interface ITelemetryIntakeGrain : IQueryGrain
{
    /// <summary>
    /// Takes bodies in the order in which they were received. Answers when every event that it reports as accepted is durable; one outcome
    /// for each body. The bodies of a call should not exceed 8 MiB in total. A silo that does not answer within 5 seconds has failed: the
    /// spool takes what the database does not.
    /// </summary>
    [Alias("Accept"), ResponseTimeout("00:00:05")]
    Task<ImmutableArray<SubmissionOutcome>> Accept(ImmutableArray<Submission> submissions);
}

/// <summary>The body of one request: an event or an array of events.</summary>
/// <param name="Body">UTF-8 as received. If it was too long: its beginning. The bytes must not be changed after the call.</param>
/// <param name="IsTooLong">The body was longer than 1 MiB, and was not read to its end.</param>
[GenerateSerializer, Immutable, Alias("Interop.Submission")]
public sealed record Submission(ReadOnlyMemory<byte> Body, bool IsTooLong);

/// <summary>The result for a body.</summary>
public enum SubmissionStatus
{
    /// <summary>Every event is durable.</summary>
    Accepted,

    /// <summary>At least one event is not stored and will never be. A repetition would change nothing.</summary>
    Rejected,

    /// <summary>There was no room for the events. The sender may send them again later.</summary>
    NotKept,
}

/// <summary>The outcome for the body of one request.</summary>
/// <param name="Status">Of the body as a whole.</param>
/// <param name="Rejected">The elements that were not accepted; at most 1,000 of them.</param>
/// <param name="RejectedCount">The number of elements that were not accepted.</param>
[GenerateSerializer, Immutable, Alias("Interop.SubmissionOutcome")]
public sealed record SubmissionOutcome(SubmissionStatus Status, ImmutableArray<RejectedEvent> Rejected, int RejectedCount)
{
    /// <summary>All events of the body are accepted.</summary>
    public static SubmissionOutcome Accepted { get; } = new(SubmissionStatus.Accepted, [], 0);

    /// <summary>There was no room.</summary>
    public static SubmissionOutcome NotKept { get; } = new(SubmissionStatus.NotKept, [], 0);
}

/// <summary>An element of a body that was not accepted.</summary>
/// <param name="Index">The index in the array, from 0; null: the body as a whole was refused.</param>
/// <param name="Reason">Why it was not accepted.</param>
[GenerateSerializer, Immutable, Alias("Interop.RejectedEvent")]
public sealed record RejectedEvent(int? Index, string Reason);

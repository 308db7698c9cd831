using System.Collections.Immutable;

namespace Interop.Telemetry;

/// <summary>Where events come in: the commit service of the silo that the call reaches. The key says nothing.</summary>
[Alias("Interop.ITelemetryIntakeGrain")]
public interface ITelemetryIntakeGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Takes bodies as they were received, in order. The answer comes when what it calls accepted is durable; one outcome for each body.
    /// </summary>
    [Alias("Accept")]
    Task<ImmutableArray<SubmissionOutcome>> Accept(ImmutableArray<Submission> submissions);
}

/// <summary>One request's body: an event, or an array of events.</summary>
/// <param name="Body">UTF-8 as received; its beginning where it was too long.</param>
/// <param name="IsTooLong">It was longer than a body may be, and was not read to its end.</param>
[GenerateSerializer, Immutable, Alias("Interop.Submission")]
public sealed record Submission(ImmutableArray<byte> Body, bool IsTooLong);

/// <summary>What became of a body.</summary>
public enum SubmissionStatus
{
    /// <summary>Every event is stored, or certain to be.</summary>
    Accepted,

    /// <summary>At least one event is not stored and never will be; sending it again changes nothing.</summary>
    Rejected,

    /// <summary>There was no room to keep it: to be sent again later.</summary>
    NotKept,
}

/// <param name="Status">Of the body as a whole.</param>
/// <param name="Rejected">Of an array: the events that were not accepted.</param>
[GenerateSerializer, Immutable, Alias("Interop.SubmissionOutcome")]
public sealed record SubmissionOutcome(SubmissionStatus Status, ImmutableArray<RejectedEvent> Rejected)
{
    /// <summary>All is well.</summary>
    public static SubmissionOutcome Accepted { get; } = new(SubmissionStatus.Accepted, []);

    /// <summary>No room.</summary>
    public static SubmissionOutcome NotKept { get; } = new(SubmissionStatus.NotKept, []);
}

/// <param name="Index">Its place in the array, from 0; null when the body as a whole was refused.</param>
[GenerateSerializer, Immutable, Alias("Interop.RejectedEvent")]
public sealed record RejectedEvent(int? Index, string Reason);

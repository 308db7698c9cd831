using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Interop.Telemetry.Committing;
using Interop.Telemetry.Events;

namespace Interop.Telemetry;

/// <inheritdoc cref="ITelemetryIntakeGrain"/>
/// <remarks>One activation in each silo, so that calls come to the silo's commit service in their order; it works on while batches commit.</remarks>
[StatelessWorker(1), Reentrant]
internal sealed class TelemetryIntakeGrain(CommitService commits, TimeProvider time) : Grain, ITelemetryIntakeGrain
{
    private const string TooLong = "body longer than 1 MiB";

    public async Task<ImmutableArray<SubmissionOutcome>> Accept(ImmutableArray<Submission> submissions)
    {
        var now = time.GetUtcNow();
        var bodies = new ParsedBody[submissions.Length];
        var (events, rejects) = (new List<TelemetryEvent>(submissions.Length), new List<Reject>());
        for (var i = 0; i < submissions.Length; i++)
        {
            bodies[i] = Parse(submissions[i], now);
            foreach (var (_, one) in bodies[i].Events)
                events.Add(one);
            foreach (var (_, reject) in bodies[i].Refused ?? [])
                rejects.Add(reject);
        }

        // Rejects alone are not worth a wait: nothing was promised.
        var committed = commits.CommitAsync(events, rejects);
        var verdicts = events.Count > 0 ? await committed : [];
        return OutcomesOf(bodies, verdicts);
    }

    private static ParsedBody Parse(Submission submission, DateTimeOffset now)
    {
        ReadOnlyMemory<byte> body = ImmutableCollectionsMarshal.AsArray(submission.Body);
        if (!submission.IsTooLong)
            return EventParser.Parse(body, now);
        var refused = new ParsedBody();
        refused.Refuse(null, TooLong, body);
        return refused;
    }

    private static ImmutableArray<SubmissionOutcome> OutcomesOf(ParsedBody[] bodies, EventVerdict[] verdicts)
    {
        var outcomes = ImmutableArray.CreateBuilder<SubmissionOutcome>(bodies.Length);
        var at = 0;
        foreach (var body in bodies)
        {
            outcomes.Add(body.Outcome(verdicts.AsSpan(at, body.Events.Count)));
            at += body.Events.Count;
        }

        return outcomes.MoveToImmutable();
    }
}

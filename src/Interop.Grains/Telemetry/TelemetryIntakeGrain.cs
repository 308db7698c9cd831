using System.Collections.Immutable;
using Interop.Telemetry.Committing;

namespace Interop.Telemetry;

/// <inheritdoc cref="ITelemetryIntakeGrain"/>
/// <remarks>One activation per key and silo. It is reentrant, so that the next call is parsed while a batch is committed.</remarks>
[StatelessWorker(1), Reentrant]
internal sealed class TelemetryIntakeGrain(CommitService commits) : Grain, ITelemetryIntakeGrain
{
    public Task<ImmutableArray<SubmissionOutcome>> Accept(ImmutableArray<Submission> submissions) => commits.AcceptAsync(submissions);
}

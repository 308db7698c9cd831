using Interop.Api.Calls;
using Interop.Telemetry;

namespace Interop.Api.Telemetry;

/// <summary>Sends the bodies of telemetry to a silo. Bodies that arrive during a call are sent together in the next one.</summary>
internal sealed class TelemetryIntake(IGrainFactory grains)
{
    private const int MaxSubmissions = 1_000;
    private const long MaxCallBytes = 8L * 1024 * 1024; // far below the largest message of the engine
    private const int MaxCalls = 2; // one is committed while the next is parsed
    private const long MaxWaitingBytes = 128L * 1024 * 1024;
    private const int OverheadBytes = 512; // so that many empty bodies are bounded too

    private readonly Coalescer<Submission, SubmissionOutcome> _calls = new(
        async submissions => await grains.GetQuery<ITelemetryIntakeGrain>().Accept(submissions),
        submission => submission.Body.Length + OverheadBytes,
        new CoalescerLimits(MaxSubmissions, MaxCallBytes, MaxCalls, MaxWaitingBytes)
    );

    /// <summary>The outcome for the body, when it is durable.</summary>
    public Task<SubmissionOutcome> SubmitAsync(Submission submission) =>
        _calls.SubmitAsync(submission) ?? Task.FromResult(SubmissionOutcome.NotKept);
}

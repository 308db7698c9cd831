using Interop.Anomaly;
using Interop.Anomaly.Alerts;
using Interop.Fhir.Client;
using Interop.Ingestion;

namespace Interop.Polling;

/// <summary>One round of a poller: AuditEvents are polled and scored; of another type an ingestion run is started.</summary>
internal sealed class PollRound(
    IGrainFactory grains,
    FhirClient client,
    SourceClaim claim,
    PollerSettings settings,
    AlertOutlets outlets,
    TimeProvider time
)
{
    private const string AuditEvent = "AuditEvent";
    private readonly AuditEventPoll _poll = new(client, claim, settings, grains.AskAsync, outlets.Publish, time);

    /// <summary>What was done so far; after a failure, too.</summary>
    public PollResult Result(string? error) => _poll.Result(error);

    /// <summary>Runs to the end, or until it is cancelled between two pages.</summary>
    /// <param name="source">The source.</param>
    /// <param name="resourceType">AuditEvent or another type.</param>
    /// <param name="cancellationToken">Ends the round.</param>
    public async Task RunAsync(string source, string resourceType, CancellationToken cancellationToken)
    {
        if (resourceType == AuditEvent)
        {
            await _poll.RunAsync(cancellationToken);
            await ScoreStoredAsync();
            return;
        }

        var started = await grains
            .Checkpoint(source, resourceType)
            .StartRun(new RunRequest(null, Full: false, MissingPatients.Ignore, RunMeta.None));
        if (started.Outcome is not (StartOutcome.Started or StartOutcome.AlreadyActive))
            throw new InvalidOperationException(started.Reason ?? $"{resourceType} cannot be ingested from {source}: {started.Outcome}");
        await claim.UseAsync(s => s.FinishPollAsync(s.Row.Watermark, CancellationToken.None), cancellationToken);
    }

    /// <summary>Starts the scoring of unscored events, and the training of the first model when there is none.</summary>
    private async Task ScoreStoredAsync()
    {
        try
        {
            await grains.GetGrain<IAnomalyModelGrain>(0).ScoreStored();
        }
        catch (TimeoutException)
        {
            // The model grain continues without this call.
        }
    }
}

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
    Action<IReadOnlyList<NewAlert>> publish,
    MonitoringParts parts,
    string source
) : IPollRound
{
    private const string AuditEvent = "AuditEvent";
    private readonly AuditEventPoll _poll = new(client, claim, settings, grains.AskAsync, publish, parts.Time);

    /// <inheritdoc/>
    public PollResult Result(string? error) => _poll.Result(error);

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var row = await parts.Database.ReadAsync((session, token) => PollerStore.FindAsync(session, source, token), cancellationToken);
        var type = row?.ResourceType ?? settings[source].ResourceType;
        if (type == AuditEvent)
        {
            await _poll.RunAsync(cancellationToken);
            await ScoreStoredAsync();
            return;
        }

        var started = await grains
            .Checkpoint(source, type)
            .StartRun(new RunRequest(null, Full: false, MissingPatients.Ignore, RunMeta.None));
        if (started.Outcome is not (StartOutcome.Started or StartOutcome.AlreadyActive))
            throw new InvalidOperationException(started.Reason ?? $"{type} cannot be ingested from {source}: {started.Outcome}");
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

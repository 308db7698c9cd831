using Interop.Access;
using Interop.Anomaly;
using Interop.Anomaly.Alerts;
using Interop.Anomaly.Care;
using Interop.Anomaly.Scoring;
using Interop.Ingestion;
using Interop.Sources;
using Interop.Storage;
using Microsoft.Extensions.Logging;

namespace Interop.Polling;

/// <inheritdoc cref="IAuditEventPollerGrain"/>
/// <remarks>Reentrant, so that a status is answered and a notification is stored during a poll. Writes take turns in the claim.</remarks>
[Reentrant]
internal sealed partial class AuditEventPollerGrain(
    Database database,
    SourceRegistry sources,
    PollerSettings settings,
    ModelCatalog models,
    AgentMap agentMap,
    AlertOutlets outlets,
    TimeProvider time,
    ILogger<AuditEventPollerGrain> log
) : Grain, IAuditEventPollerGrain, IRemindable, IDisposable
{
    private const string ReminderName = "poll";
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private readonly CancellationTokenSource _deactivated = new();
    private CancellationTokenSource _poll = new();
    private SourceClaim? _claim;
    private IGrainTimer? _timer;
    private DateTimeOffset _notBefore;
    private long _failures;

    private string Source => this.GetPrimaryKeyString();

    private SourceClaim Claim => _claim ??= new SourceClaim(database, models, settings, agentMap, time, Source);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (sources.Contains(Source) && await FindRowAsync(cancellationToken) is { Enabled: true } row)
            Schedule(row.Interval);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _deactivated.CancelAsync();
        // A poll under way ends after its page.
        await _oneAtATime
            .WaitAsync(cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask; // activation has set the timer

    public async Task<bool> Start()
    {
        if (!sources.Contains(Source))
            return false;
        var row = await Claim.UseOrReclaimAsync(s => s.SaveAsync(s.Row with { Enabled = true }, default), _deactivated.Token);
        await this.RegisterOrUpdateReminder(ReminderName, ReminderPeriod, ReminderPeriod);
        Schedule(row.Interval);
        return true;
    }

    public async Task<bool> Stop()
    {
        if (!sources.Contains(Source))
            return false;
        _timer?.Dispose();
        await _poll.CancelAsync();
        await Claim.UseOrReclaimAsync(s => s.SaveAsync(s.Row with { Enabled = false }, default), _deactivated.Token);
        if (await this.GetReminder(ReminderName) is { } reminder)
            await this.UnregisterReminder(reminder);
        return true;
    }

    public async Task<PollResult> Poll()
    {
        await _oneAtATime.WaitAsync(_deactivated.Token);
        try
        {
            return await PollAsync();
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public async Task<PollerStatus?> Configure(PollerChange change)
    {
        if (!sources.Contains(Source))
            return null;
        await _poll.CancelAsync(); // a poll in progress uses the old settings
        await _oneAtATime.WaitAsync(_deactivated.Token);
        try
        {
            var row = await Claim.UseOrReclaimAsync(s => s.SaveAsync(PollerSettings.Apply(s.Row, change), default), _deactivated.Token);
            if (row.Enabled)
                Schedule(row.Interval);
        }
        finally
        {
            _oneAtATime.Release();
        }

        return await GetStatus();
    }

    public async Task<PollerStatus?> GetStatus() =>
        sources.Contains(Source) ? settings.StatusOf(Source, await FindRowAsync(_deactivated.Token), time.GetUtcNow()) : null;

    public async Task<NotifyResult> Notify(string json)
    {
        if (!sources.Contains(Source) && Source != AuditTrail.Source)
            return new NotifyResult([], null, [], IsUnknownSource: true);
        var events = IncomingEvents.OfNotification(json, time.GetUtcNow(), out var isBundle, out var problem);
        if (problem is not null)
            return new NotifyResult([], problem, []);
        return await Claim.UseOrReclaimAsync(
            async source =>
            {
                await source.RefreshAsync(default);
                await AuditEventPoll.StoreAsync(source, events, source.Row.Watermark, GrainFactory.AskAsync, outlets.Publish, default);
                var alerts = await source.FindAlertsAsync(events, default);
                return new NotifyResult([.. alerts.Select(a => a.Id)], null, alerts, IsBundle: isBundle);
            },
            _deactivated.Token
        );
    }

    public void Dispose()
    {
        _claim?.Dispose();
        _oneAtATime.Dispose();
        _deactivated.Dispose();
        _poll.Dispose();
    }

    private async Task<PollResult> PollAsync()
    {
        if (sources.Find(Source) is not { } client)
            return new PollResult(0, 0, 0, $"no source {Source} in the settings");
        _poll.Dispose();
        _poll = CancellationTokenSource.CreateLinkedTokenSource(_deactivated.Token);
        var round = new PollRound(GrainFactory, client, Claim, settings, outlets, time);
        try
        {
            var type = (await FindRowAsync(_poll.Token))?.ResourceType ?? settings[Source].ResourceType;
            await round.RunAsync(Source, type, _poll.Token);
            _failures = 0;
            return round.Result(null);
        }
        catch (OperationCanceledException) when (_poll.IsCancellationRequested)
        {
            return round.Result(null); // stopped or configured: the stored pages are committed
        }
        catch (Exception e) // the status shows the failure, and the next poll tries again
        {
            await FailedAsync(e);
            return round.Result(e.Message);
        }
    }

    private void Schedule(TimeSpan interval)
    {
        _timer?.Dispose();
        _timer = this.RegisterGrainTimer(
            _ => time.GetUtcNow() < _notBefore ? Task.CompletedTask : Poll(),
            new GrainTimerCreationOptions(TimeSpan.Zero, interval) { Interleave = true, KeepAlive = true }
        );
    }

    /// <summary>Backs off, to at most a quarter of an hour, and says so in the row where the database answers.</summary>
    private async Task FailedAsync(Exception e)
    {
        var wait = PollerSettings.WaitAfter(++_failures);
        _notBefore = time.GetUtcNow() + wait;
        var upstream = e as Fhir.Client.FhirRequestException;
        // Without the words of the server, which may name a patient.
        LogFailed(
            upstream is null && e is not (DatabaseException or PollerLostException) ? e : null,
            Source,
            upstream?.LogMessage ?? e.Message,
            wait
        );
        try
        {
            await Claim.UseAsync(s => s.FailPollAsync(e.Message, default), _deactivated.Token);
        }
        catch (Exception also) when (also is DatabaseException or PollerLostException)
        {
            // The next poll claims again.
        }
    }

    private Task<PollerRow?> FindRowAsync(CancellationToken cancellationToken) =>
        database.ReadAsync((session, token) => PollerStore.FindAsync(session, Source, token), cancellationToken);

    [LoggerMessage(3001, LogLevel.Warning, "Polling {Source} failed: {Reason}; again in {Wait}")]
    private partial void LogFailed(Exception? exception, string source, string reason, TimeSpan wait);
}

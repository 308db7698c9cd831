using Interop.Access;
using Interop.Anomaly.Alerts;
using Interop.Sources;
using Microsoft.Extensions.Logging;

namespace Interop.Polling;

/// <inheritdoc cref="IAuditEventPollerGrain"/>
/// <remarks>Reentrant, so that a status is answered and a notification is stored during a poll. Writes take turns in the claim.</remarks>
[Reentrant]
internal sealed class AuditEventPollerGrain(
    MonitoringParts parts,
    SourceRegistry sources,
    PollerSettings settings,
    AlertDeliveries deliveries,
    ILogger<PollRunner> log
) : Grain, IAuditEventPollerGrain, IRemindable, IDisposable
{
    private const string ReminderName = "poll";
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);
    private SourceClaim? _claim;
    private PollRunner? _runner;
    private AlertDelivery? _delivery;
    private IGrainTimer? _timer;

    private string Source => this.GetPrimaryKeyString();

    private SourceClaim Claim => _claim ??= new SourceClaim(parts, settings, Source);

    private PollRunner Runner => _runner ??= new PollRunner(Claim, parts.Time, log, Source);

    private AlertDelivery Delivery => _delivery ??= deliveries.Start(Source, Claim.FenceAsync);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (sources.Contains(Source) && await FindRowAsync(cancellationToken) is { Enabled: true } row)
            Schedule(row.Interval);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await Runner.CloseAsync(cancellationToken);
        if (_delivery is not null)
            await _delivery.DisposeAsync();
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask; // activation has set the timer

    public async Task<bool> Start()
    {
        if (!sources.Contains(Source))
            return false;
        var row = await Claim.UseOrReclaimAsync(s => s.SaveAsync(s.Row with { Enabled = true }, default), Runner.Closed);
        await this.RegisterOrUpdateReminder(ReminderName, ReminderPeriod, ReminderPeriod);
        Schedule(row.Interval);
        return true;
    }

    public async Task<bool> Stop()
    {
        if (!sources.Contains(Source))
            return false;
        _timer?.Dispose();
        await Runner.CancelAsync();
        await Claim.UseOrReclaimAsync(s => s.SaveAsync(s.Row with { Enabled = false }, default), Runner.Closed);
        if (await this.GetReminder(ReminderName) is { } reminder)
            await this.UnregisterReminder(reminder);
        return true;
    }

    public Task<PollResult> Poll() =>
        sources.Find(Source) is { } client
            ? Runner.RunAsync(new PollRound(GrainFactory, client, Claim, settings, Publish, parts, Source))
            : Task.FromResult(new PollResult(0, 0, 0, $"no source {Source} in the settings"));

    public async Task<PollerStatus?> Configure(PollerChange change)
    {
        if (!sources.Contains(Source))
            return null;
        // A poll in progress uses the old settings.
        var row = await Runner.InsteadOfPollAsync(() =>
            Claim.UseOrReclaimAsync(s => s.SaveAsync(PollerSettings.Apply(s.Row, change), default), Runner.Closed)
        );
        if (row.Enabled)
            Schedule(row.Interval);
        return await GetStatus();
    }

    public async Task<PollerStatus?> GetStatus() =>
        sources.Contains(Source) ? settings.StatusOf(Source, await FindRowAsync(Runner.Closed), parts.Time.GetUtcNow()) : null;

    public async Task<NotifyResult> Notify(string json) =>
        sources.Contains(Source) || Source == AuditTrail.Source
            ? await AuditEventNotification.StoreAsync(Claim, json, parts.Time.GetUtcNow(), GrainFactory.AskAsync, Publish, Runner.Closed)
            : new NotifyResult([], null, [], IsUnknownSource: true);

    public async Task DeliverAlerts()
    {
        await Claim.UseAsync(s => Task.FromResult(s.Row), Runner.Closed); // the delivery writes as the owner of the source
        Delivery.Signal();
    }

    public void Dispose()
    {
        _runner?.Dispose();
        _claim?.Dispose();
    }

    private void Publish(IReadOnlyList<NewAlert> alerts)
    {
        if (alerts.Count > 0)
            Delivery.Signal(alerts);
    }

    private void Schedule(TimeSpan interval)
    {
        _timer?.Dispose();
        _timer = this.RegisterGrainTimer(
            _ => Runner.IsBackingOff ? Task.CompletedTask : Poll(),
            new GrainTimerCreationOptions(TimeSpan.Zero, interval) { Interleave = true, KeepAlive = true }
        );
    }

    private Task<PollerRow?> FindRowAsync(CancellationToken cancellationToken) =>
        parts.Database.ReadAsync((session, token) => PollerStore.FindAsync(session, Source, token), cancellationToken);
}

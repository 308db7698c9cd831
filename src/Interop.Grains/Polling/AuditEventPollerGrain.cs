using Interop.Access;
using Interop.Anomaly;
using Interop.Anomaly.Alerts;
using Interop.Anomaly.Scoring;
using Interop.Fhir.Client;
using Interop.Ingestion;
using Interop.Sources;
using Interop.Storage;
using Microsoft.Extensions.Logging;

namespace Interop.Polling;

/// <inheritdoc cref="IAuditEventPollerGrain"/>
/// <remarks>Reentrant, so that a status is answered during a poll; polls and notifications take turns by themselves.</remarks>
[Reentrant]
internal sealed partial class AuditEventPollerGrain(
    Database database,
    SourceRegistry sources,
    PollerSettings settings,
    ModelCatalog models,
    AlertOutlets outlets,
    TimeProvider time,
    ILogger<AuditEventPollerGrain> log
) : Grain, IAuditEventPollerGrain, IRemindable, IDisposable
{
    private const string ReminderName = "poll";
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private MonitoredSource? _source;
    private bool _stale = true;
    private IGrainTimer? _timer;
    private DateTimeOffset _notBefore;

    private string Source => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (
            sources.Contains(Source)
            && await database.ReadAsync((session, token) => PollerStore.FindAsync(session, Source, token), cancellationToken)
                is { Enabled: true } row
        )
            Schedule(row.Interval);
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask; // activation has set the timer

    public Task<bool> Start() => SwitchAsync(true);

    public Task<bool> Stop() => SwitchAsync(false);

    public Task<PollResult> Poll() => TakeTurnAsync(PollAsync);

    public async Task<PollerStatus?> Configure(PollerChange change)
    {
        if (!sources.Contains(Source))
            return null;
        await TakeTurnAsync(async () =>
        {
            var source = await ReadyAsync();
            var row = PollerSettings.Apply(source.Row, change);
            await source.SaveAsync(row, CancellationToken.None);
            if (row.Enabled)
                Schedule(row.Interval);
            return true;
        });
        return await GetStatus();
    }

    public async Task<PollerStatus?> GetStatus() =>
        !sources.Contains(Source)
            ? null
            : settings.StatusOf(
                Source,
                await database.ReadAsync((session, token) => PollerStore.FindAsync(session, Source, token)),
                time.GetUtcNow()
            );

    public Task<NotifyResult> Notify(string json) =>
        TakeTurnAsync(async () =>
        {
            if (!sources.Contains(Source) && Source != AuditTrail.Source)
                return new NotifyResult([], $"no source {Source} in the settings");
            var events = IncomingEvents.OfNotification(json, time.GetUtcNow(), out var problem);
            if (problem is not null)
                return new NotifyResult([], problem);
            var source = await ReadyAsync();
            await source.RefreshAsync(CancellationToken.None);
            await StoreAsync(source, events, source.Row.Watermark);
            await EnsureModelAsync(source);
            return new NotifyResult(await source.FindIdsAsync(events, CancellationToken.None), null);
        });

    public void Dispose() => _turn.Dispose();

    private async Task<bool> SwitchAsync(bool enabled)
    {
        if (!sources.Contains(Source))
            return false;
        return await TakeTurnAsync(async () =>
        {
            var source = await ReadyAsync();
            await source.SaveAsync(source.Row with { Enabled = enabled }, CancellationToken.None);
            if (enabled)
            {
                await this.RegisterOrUpdateReminder(ReminderName, ReminderPeriod, ReminderPeriod);
                Schedule(source.Row.Interval);
            }
            else
            {
                _timer?.Dispose();
                if (await this.GetReminder(ReminderName) is { } reminder)
                    await this.UnregisterReminder(reminder);
            }

            return true;
        });
    }

    private void Schedule(TimeSpan interval)
    {
        _timer?.Dispose();
        _timer = this.RegisterGrainTimer(
            _ => time.GetUtcNow() < _notBefore ? Task.CompletedTask : Poll(),
            new GrainTimerCreationOptions(TimeSpan.Zero, interval) { Interleave = true, KeepAlive = true }
        );
    }

    private async Task<PollResult> PollAsync()
    {
        if (sources.Find(Source) is not { } client)
            return new PollResult(0, 0, 0, $"no source {Source} in the settings");
        var (stored, seen, pages) = (0L, 0L, 0);
        string? error = null;
        try
        {
            var source = await ReadyAsync();
            if (source.Row.ResourceType != "AuditEvent")
            {
                await GrainFactory
                    .GetGrain<ICheckpointGrain>($"{Source}/{source.Row.ResourceType}")
                    .StartRun(new RunRequest(null, Full: false, MissingPatients.Ignore, RunMeta.None));
                await source.SaveAsync(
                    source.Row with
                    {
                        Failures = 0,
                        LastPoll = time.GetUtcNow(),
                        LastError = null,
                    },
                    CancellationToken.None
                );
                return new PollResult(0, 0, 0, null);
            }

            await source.RefreshAsync(CancellationToken.None);
            var progress = new WatermarkProgress(source.Row.Watermark);
            await foreach (
                var page in AuditEventSearch.PagesAsync(
                    client,
                    settings.BeginAt(source.Row, time.GetUtcNow()),
                    (int)source.Row.Batch,
                    CancellationToken.None
                )
            )
            {
                using var _ = page;
                var events = IncomingEvents.Of(page.Bundle, time.GetUtcNow());
                progress.See(events.Select(e => e.Event.LastUpdated));
                stored += await StoreAsync(source, events, progress.Committable);
                (seen, pages) = (seen + events.Count, pages + 1);
            }

            await source.SaveAsync(
                source.Row with
                {
                    Watermark = progress.Finish(),
                    Failures = 0,
                    LastPoll = time.GetUtcNow(),
                    LastError = null,
                },
                CancellationToken.None
            );
            await EnsureModelAsync(source);
        }
        catch (Exception e) when (e is FhirRequestException or DatabaseException or PollerLostException or TimeoutException)
        {
            error = e.Message;
            await FailedAsync(e);
        }

        return new PollResult(stored, seen - stored, pages, error);
    }

    private async Task EnsureModelAsync(MonitoredSource source)
    {
        if (!source.HasModel && source.Row.Events >= ModelTrainer.FirstAfter)
            await GrainFactory.GetGrain<IAnomalyModelGrain>(0).EnsureFirst();
    }

    /// <summary>One call per agent, then one transaction.</summary>
    private async Task<int> StoreAsync(MonitoredSource source, IReadOnlyList<IncomingEvent> events, DateTimeOffset? watermark)
    {
        if (await source.PrepareAsync(events, CancellationToken.None) is not { } batch)
            return 0;
        _stale = true; // until it is committed, population and profiles are ahead of the database
        var observed = await Task.WhenAll(
            batch.Requests.Select(r =>
                GrainFactory.GetGrain<IAccessProfileGrain>(AccessProfileGrain.Key(Source, r.Agent)).Observe(r.Request)
            )
        );
        for (var i = 0; i < observed.Length; i++)
            batch.Take(i, observed[i]);
        outlets.Publish(await source.CommitAsync(batch, watermark, CancellationToken.None));
        _stale = false;
        return batch.Count;
    }

    private async Task<MonitoredSource> ReadyAsync()
    {
        if (_source is null || _stale)
        {
            _source = await MonitoredSource.ClaimAsync(
                database,
                models,
                time,
                Source,
                settings[Source],
                settings.IsEnabled(Source),
                _source,
                CancellationToken.None
            );
            _stale = false;
        }

        return _source;
    }

    /// <summary>Backs off, to at most a quarter of an hour, and says so in the row where the database answers.</summary>
    private async Task FailedAsync(Exception e)
    {
        var failures = (_source?.Row.Failures ?? 0) + 1;
        var wait = PollerSettings.WaitAfter(failures);
        _notBefore = time.GetUtcNow() + wait;
        LogFailed(Source, e.Message, wait);
        try
        {
            _stale = true;
            var source = await ReadyAsync();
            await source.SaveAsync(
                source.Row with
                {
                    Failures = source.Row.Failures + 1,
                    LastPoll = time.GetUtcNow(),
                    LastError = e.Message,
                },
                CancellationToken.None
            );
        }
        catch (Exception also) when (also is DatabaseException or PollerLostException)
        {
            _stale = true; // the next poll claims again
        }
    }

    private async Task<T> TakeTurnAsync<T>(Func<Task<T>> work)
    {
        await _turn.WaitAsync();
        try
        {
            return await work();
        }
        finally
        {
            _turn.Release();
        }
    }

    [LoggerMessage(3001, LogLevel.Warning, "Polling {Source} failed: {Reason}; again in {Wait}")]
    private partial void LogFailed(string source, string reason, TimeSpan wait);
}

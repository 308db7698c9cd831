using System.Collections.Immutable;
using Interop.Anomaly;
using Interop.Anomaly.Alerts;
using Interop.Anomaly.Care;
using Interop.Anomaly.Features;
using Interop.Anomaly.Pipeline;
using Interop.Anomaly.Profiles;
using Interop.Anomaly.Scoring;

namespace Interop.Polling;

/// <summary>
/// The state of a poller's source (its row, the population, the clinical data, the models and the operators' lists) and the steps of a
/// batch: prepare, ask the profiles, score, commit. After a failure it is loaded anew. Not for use by two calls at once.
/// </summary>
public sealed class MonitoredSource
{
    private static readonly TimeSpan CareRefresh = TimeSpan.FromSeconds(30);
    private readonly MonitoringParts _parts;
    private readonly CareIndex _care;
    private readonly AccessPreparation _preparation;
    private CarePosition _carePosition;
    private DateTimeOffset _careRead;
    private IReadOnlySet<string> _watched = new HashSet<string>();
    private ActiveSuppressions _suppressions = ActiveSuppressions.None;
    private AccessScorer? _promoted;
    private AccessScorer? _shadow;

    private MonitoredSource(MonitoringParts parts, PollerRow row, AccessPopulation population, CareIndex care, CarePosition position)
    {
        (_parts, Row, _care, _carePosition) = (parts, row, care, position);
        _preparation = new AccessPreparation(population, care);
    }

    public PollerRow Row { get; private set; }

    /// <summary>The promoted model is there.</summary>
    public bool HasModel => _promoted is not null;

    /// <summary>Claims the source, so that no earlier poller can write it, and loads what is stored. The clinical data of an earlier load
    /// is used again.</summary>
    public static async Task<MonitoredSource> ClaimAsync(
        MonitoringParts parts,
        string source,
        PollerOptions options,
        bool enabled,
        MonitoredSource? earlier,
        CancellationToken cancellationToken
    )
    {
        var row = await parts.Database.WriteAsync(
            (session, token) => PollerStore.ClaimAsync(session, source, options, enabled, token),
            cancellationToken
        );
        var population = await parts.Database.ReadAsync(
            (session, token) => ProfileStore.FindPopulationAsync(session, source, token),
            cancellationToken
        );
        return new MonitoredSource(
            parts,
            row,
            population is null ? new AccessPopulation() : AccessPopulation.Load(population),
            earlier?._care ?? new CareIndex(),
            earlier?._carePosition ?? CarePosition.Beginning
        );
    }

    /// <summary>Reads what operators and model grain may have changed, and new clinical data.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var now = _parts.Time.GetUtcNow();
        _care.Names = _parts.AgentMap.NamesOf(Row.Source);
        await _parts.Database.ReadAsync(
            async (session, token) =>
            {
                _watched = (await WatchlistStore.ListAsync(session, token)).Select(w => w.Patient).ToHashSet(StringComparer.Ordinal);
                _suppressions = await ActiveSuppressions.ReadAsync(session, now, token);
                (_promoted, _shadow) = await _parts.Models.CurrentAsync(session, token);
            },
            cancellationToken
        );
        if (now - _careRead >= CareRefresh)
        {
            _carePosition = await _parts.Database.ReadAsync(
                (session, token) => CareStore.ReadAsync(session, Row.Source, _care, _carePosition, token),
                cancellationToken
            );
            _careRead = now;
        }
    }

    /// <summary>The events that are not stored yet, with their context. Null: all are stored.</summary>
    public async Task<SourceBatch?> PrepareAsync(IReadOnlyList<IncomingEvent> incoming, CancellationToken cancellationToken)
    {
        if (incoming.Count == 0)
            return null;
        var stored = await _parts.Database.ReadAsync(
            (session, token) =>
                AuditEventStore.FindAsync(session, Row.Source, incoming.Select(i => i.Event.Id).Distinct(StringComparer.Ordinal), token),
            cancellationToken
        );
        var known = stored
            .GroupBy(s => s.EventId, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Select(s => s.VersionId).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        var fresh = new List<IncomingEvent>();
        foreach (var e in incoming)
        {
            var version = e.Event.VersionId ?? "";
            if (!known.TryGetValue(e.Event.Id, out var versions))
                known[e.Event.Id] = versions = new HashSet<string>(StringComparer.Ordinal);
            // A notification may lack the version that a later search returns.
            else if (versions.Contains(version) || versions.Contains("") || version.Length == 0)
                continue;
            versions.Add(version);
            fresh.Add(e);
        }

        if (fresh.Count == 0)
            return null;
        var accesses = fresh.Select(e => _preparation.Prepare(e.Event, _watched)).ToArray();
        return new SourceBatch(Row.Source, Row.Epoch, Row.Sequence + 1, fresh, accesses);
    }

    /// <summary>Scores the batch and commits events, profiles, cases, the outbox and the watermark in one transaction.</summary>
    /// <returns>The new alerts.</returns>
    /// <exception cref="PollerLostException">Another poller has claimed the source; nothing was stored.</exception>
    public async Task<IReadOnlyList<NewAlert>> CommitAsync(
        SourceBatch batch,
        DateTimeOffset? watermark,
        CancellationToken cancellationToken
    )
    {
        var scored = Score(batch);
        var alerts = NewAlert.Of(scored);
        var suppressed = scored.Where(s => s.IsSuppressed).Select(s => (s.Event.Agent, s.Event.Action, s.Verdict!)).ToList();
        var next = Row with { Sequence = batch.Sequence, Events = Row.Events + batch.Count, Watermark = watermark };
        var now = _parts.Time.GetUtcNow();
        var population = _preparation.Population.Save();
        var tallies = ModelTally.Of([.. scored.Select(s => (s.Verdict, s.Shadow))]);
        await _parts.Database.WriteAsync(
            async (session, token) =>
            {
                await PollerStore.CommitBatchAsync(session, next, token);
                await AuditEventStore.AddAsync(session, scored, batch.Sequence, now, token);
                await EventPatientStore.AddAsync(session, scored, token);
                await ProfileStore.PutAsync(session, batch.Source, batch.Sequence, batch.Profiles, token);
                await ProfileStore.PutPopulationAsync(session, batch.Source, batch.Sequence, population, token);
                await CaseStore.AttachAsync(session, alerts, token);
                await ModelTallyStore.AddAsync(session, batch.Source, tallies, now, token);
                await _parts.Outbox.AddAsync(session, alerts, now, token);
                await _suppressions.CountAsync(session, suppressed, token);
            },
            cancellationToken
        );
        Row = next;
        Measure(scored);
        return alerts;
    }

    /// <summary>The alerts of stored events, in their order.</summary>
    public Task<ImmutableArray<Alert>> FindAlertsAsync(IReadOnlyList<IncomingEvent> events, CancellationToken cancellationToken) =>
        _parts.Database.ReadAsync(
            async (session, token) =>
            {
                var ids = events.Select(e => e.Event.Id).Distinct(StringComparer.Ordinal);
                var stored = (await AuditEventStore.FindAsync(session, Row.Source, ids, token)).ToLookup(s => s.EventId);
                var numbers = events
                    .SelectMany(e =>
                        stored[e.Event.Id].OrderBy(s => s.VersionId == (e.Event.VersionId ?? "") ? 0 : 1).Take(1).Select(s => s.Number)
                    )
                    .ToList();
                return (await AuditEventStore.ListByNumberAsync(session, Row.Source, numbers, token)).ToImmutableArray();
            },
            cancellationToken
        );

    /// <summary>Stores settings.</summary>
    /// <exception cref="PollerLostException">Another poller has claimed the source.</exception>
    public async Task<PollerRow> SaveAsync(PollerRow row, CancellationToken cancellationToken)
    {
        await _parts.Database.WriteAsync((session, token) => PollerStore.SaveAsync(session, row, token), cancellationToken);
        return Row = row;
    }

    /// <summary>Stores the watermark of a poll that has ended well.</summary>
    public Task<PollerRow> FinishPollAsync(DateTimeOffset? watermark, CancellationToken cancellationToken) =>
        SaveAsync(
            Row with
            {
                Watermark = watermark,
                Failures = 0,
                LastPoll = _parts.Time.GetUtcNow(),
                LastError = null,
            },
            cancellationToken
        );

    /// <summary>Stores that a poll has failed.</summary>
    public Task<PollerRow> FailPollAsync(string error, CancellationToken cancellationToken) =>
        SaveAsync(Row with { Failures = Row.Failures + 1, LastPoll = _parts.Time.GetUtcNow(), LastError = error }, cancellationToken);

    private List<ScoredAccess> Score(SourceBatch batch)
    {
        var inputs = new List<(AccessEvent, CareContext, AccessFeatures)>(batch.Count);
        for (var i = 0; i < batch.Count; i++)
        {
            var (_, access, features) = batch[i];
            inputs.Add((access.Event, access.Care, features));
            _preparation.Population.Learn(
                access.Population.Role,
                features.Plain(AccessFeature.EventsInHour),
                features.Plain(AccessFeature.PatientsToday)
            );
        }

        var verdicts = _promoted?.Score(inputs);
        var shadows = _shadow?.Score(inputs);
        if (verdicts is not null)
            _parts.Models.MeasureDrift(verdicts);
        var scored = new List<ScoredAccess>(batch.Count);
        for (var i = 0; i < batch.Count; i++)
        {
            var (incoming, access, features) = batch[i];
            scored.Add(
                new ScoredAccess(
                    batch.Source,
                    Row.Events + i + 1,
                    access.Event,
                    access.Care,
                    access.Population.Role,
                    features,
                    verdicts?[i],
                    shadows?[i],
                    _suppressions.Suppress(access.Event.Agent, access.Event.Action, verdicts?[i]),
                    incoming.Raw
                )
                {
                    OtherPatients = incoming.OtherPatients,
                }
            );
        }

        return scored;
    }

    private static void Measure(IReadOnlyList<ScoredAccess> scored)
    {
        foreach (var group in scored.GroupBy(s => s.Verdict?.Severity))
            MonitoringMetrics.CountEvents(group.Key?.ToString().ToUpperInvariant() ?? "unscored", group.Count());
        if (scored.Count(s => s.IsSuppressed) is > 0 and var suppressed)
            MonitoringMetrics.CountSuppressed(suppressed);
    }
}

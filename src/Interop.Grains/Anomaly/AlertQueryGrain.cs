using System.Collections.Immutable;
using System.Globalization;
using Interop.Anomaly.Alerts;
using Interop.Anomaly.Care;
using Interop.Anomaly.Scoring;
using Interop.Polling;
using Interop.Storage;

namespace Interop.Anomaly;

/// <inheritdoc cref="IAlertQueryGrain"/>
[StatelessWorker]
internal sealed class AlertQueryGrain(Database database, AgentMap agentMap, TimeProvider time) : Grain, IAlertQueryGrain
{
    private const int AccessesPerPage = 500;
    private const int AlertsPerSource = 100;

    public async Task<ImmutableArray<Alert>> List(AlertFilter filter) =>
        [.. await database.ReadAsync((session, token) => AlertListStore.ListAsync(session, filter, FormsOf(filter.Agent), token))];

    public Task<AlertFeedPage> Follow(string? position) =>
        database.ReadAsync((session, token) => AlertFeed.ReadAsync(session, position, AlertsPerSource, token));

    public async Task<AlertCounts> Count(DateTimeOffset since) =>
        new([.. await database.ReadAsync((session, token) => AuditEventStore.CountBySeverityAsync(session, since, token))]);

    public async Task<AlertDetail?> Find(string id)
    {
        if (!AlertId.TryParse(id, out var source, out var number))
            return null;
        var found = await database.ReadAsync((session, token) => AuditEventStore.FindAlertAsync(session, source, number, token));
        return found is { } f
            ? new AlertDetail(f.Alert, new JsonText(AlertJson.Features(AccessFeatures.Load(f.Features))), JsonText.FromUnchecked(f.Raw))
            : null;
    }

    public async Task<AgentNorm> GetAgentNorm(string source, string agent, DateTimeOffset until) =>
        AgentNorms.Of(
            await database.ReadAsync(
                (session, token) =>
                    AuditEventStore.ListOfAgentAsync(
                        session,
                        source,
                        agent,
                        until - AgentNorms.Period,
                        until,
                        AgentNorms.MaxAccesses,
                        token
                    )
            )
        );

    public async Task<AccessPage> ListAccesses(AccessFilter filter)
    {
        var limit = Math.Clamp(filter.Limit ?? AccessesPerPage, 1, AccessesPerPage);
        var accesses = await database.ReadAsync(
            (session, token) =>
                AccessReportStore.ListAsync(session, filter, FormsOf(filter.Agent), ParseCursor(filter.Cursor), limit, token)
        );
        return new AccessPage([.. accesses], accesses.Count < limit ? null : $"{accesses[^1].Time.UtcTicks}/{accesses[^1].Id}");
    }

    public Task<AccessTotals> CountAccesses(AccessFilter filter) =>
        database.ReadAsync((session, token) => AccessReportStore.CountAsync(session, filter, FormsOf(filter.Agent), token));

    public async Task<ImmutableArray<AccessCase>> ListCases(string? status, string? assignee, int limit) =>
        [.. await database.ReadAsync((session, token) => CaseStore.ListAsync(session, status, assignee, limit, token))];

    public Task<AccessCase?> FindCase(long id) => database.ReadAsync((session, token) => CaseStore.FindAsync(session, id, token));

    public async Task<ImmutableArray<WatchedPatient>> ListWatched() => [.. await database.ReadAsync(WatchlistStore.ListAsync)];

    public async Task<ImmutableArray<Suppression>> ListSuppressions() =>
        [.. await database.ReadAsync((session, token) => SuppressionStore.ListAsync(session, time.GetUtcNow(), token))];

    private List<string> FormsOf(string? agent) => [.. AgentForms.Of(agent), .. agentMap.PractitionersOf(agent)];

    private static (DateTimeOffset Time, string Source, long Number)? ParseCursor(string? cursor)
    {
        var slash = cursor?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        return
            slash > 0
            && long.TryParse(cursor.AsSpan(0, slash), CultureInfo.InvariantCulture, out var ticks)
            && AlertId.TryParse(cursor![(slash + 1)..], out var source, out var number)
            ? (new DateTimeOffset(ticks, TimeSpan.Zero), source, number)
            : null;
    }
}

using Interop.Anomaly.Scoring;
using Interop.Storage;

namespace Interop.Anomaly.Alerts;

/// <summary>The suppressions that have not ended.</summary>
public sealed class ActiveSuppressions
{
    private readonly IReadOnlyList<Suppression> _all;

    private ActiveSuppressions(IReadOnlyList<Suppression> all) => _all = all;

    public static ActiveSuppressions None { get; } = new([]);

    public static async Task<ActiveSuppressions> ReadAsync(DbSession session, DateTimeOffset now, CancellationToken cancellationToken) =>
        new(await SuppressionStore.ListAsync(session, now, cancellationToken));

    /// <summary>Whether one of them keeps the alert of this verdict back.</summary>
    public bool Suppress(string agent, string? action, AccessVerdict? verdict) =>
        verdict is { Severity: > AccessSeverity.Low } && _all.Any(s => Matches(s, agent, action, verdict));

    /// <summary>Counts the alerts that each of them has kept back.</summary>
    public async Task CountAsync(
        DbSession session,
        IReadOnlyCollection<(string Agent, string? Action, AccessVerdict Verdict)> suppressed,
        CancellationToken cancellationToken
    )
    {
        foreach (var suppression in _all)
        {
            if (suppressed.Count(s => Matches(suppression, s.Agent, s.Action, s.Verdict)) is > 0 and var count)
                await SuppressionStore.CountAsync(session, suppression.Id, count, cancellationToken);
        }
    }

    private static bool Matches(Suppression suppression, string agent, string? action, AccessVerdict verdict) =>
        (suppression.Agent is null || suppression.Agent == agent)
        && (suppression.Action is null || suppression.Action == action)
        && (suppression.ReasonClass is null || suppression.ReasonClass == AlertJson.Name(verdict.PredictedClass));
}

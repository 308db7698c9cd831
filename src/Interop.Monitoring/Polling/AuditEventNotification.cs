using Interop.Anomaly.Alerts;

namespace Interop.Polling;

/// <summary>AuditEvents that a server sends by itself.</summary>
public static class AuditEventNotification
{
    /// <summary>Scores and stores the events of a body as one batch. Events that are stored already keep their score.</summary>
    /// <param name="claim">The right to write the source.</param>
    /// <param name="json">The body.</param>
    /// <param name="now">The time of an event without one.</param>
    /// <param name="profiles">Asks the profiles.</param>
    /// <param name="publish">Called with the new alerts after the commit.</param>
    /// <param name="cancellationToken">Ends the wait for the source.</param>
    public static async Task<NotifyResult> StoreAsync(
        SourceClaim claim,
        string json,
        DateTimeOffset now,
        ProfileCalls profiles,
        Action<IReadOnlyList<NewAlert>> publish,
        CancellationToken cancellationToken
    )
    {
        var events = IncomingEvents.OfNotification(json, now, out var isBundle, out var problem);
        if (problem is not null)
            return new NotifyResult([], problem, []);
        return await claim.UseOrReclaimAsync(
            async source =>
            {
                await source.RefreshAsync(CancellationToken.None);
                await AuditEventPoll.StoreAsync(source, events, source.Row.Watermark, profiles, publish, CancellationToken.None);
                var alerts = await source.FindAlertsAsync(events, CancellationToken.None);
                return new NotifyResult([.. alerts.Select(a => a.Id)], null, alerts, IsBundle: isBundle);
            },
            cancellationToken
        );
    }
}

using Interop.Anomaly.Scoring;
using Interop.Storage;
using Microsoft.Extensions.Options;

namespace Interop.Anomaly.Alerts;

/// <summary>
/// Puts new alerts into the outbox, in the transaction that stores them, so that a crash between the commit and the delivery loses none.
/// <see cref="AlertDelivery"/> takes them from there.
/// </summary>
public sealed class AlertOutbox(IOptions<AlertOptions> options)
{
    /// <summary>MEDIUM and HIGH alerts go to the log file, HIGH ones to the webhook, each where the settings name it.</summary>
    public async Task AddAsync(DbSession session, IReadOnlyList<NewAlert> alerts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (options.Value.LogFile.Length > 0)
            await AlertOutboxStore.AddAsync(session, AlertOutboxStore.Log, alerts, now, cancellationToken);
        if (options.Value.WebhookUrl.Length > 0)
            await AlertOutboxStore.AddAsync(
                session,
                AlertOutboxStore.Webhook,
                alerts.Where(a => a.Severity == AccessSeverity.High),
                now,
                cancellationToken
            );
    }
}

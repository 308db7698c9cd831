using Interop.Storage;
using Microsoft.Extensions.Logging;

namespace Interop.Anomaly.Alerts;

/// <summary>Writes the alerts of one source from the outbox to the log file.</summary>
internal sealed partial class LogDelivery(Database database, AlertLog file, TimeProvider time, ILogger<LogDelivery> log, string source)
{
    private const int MostAtOnce = 500;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(1);
    private DateTimeOffset _notBefore;

    /// <summary>Delivers until nothing waits, or the file cannot be written.</summary>
    /// <returns>When to try again; null: nothing waits.</returns>
    public async Task<TimeSpan?> DeliverAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_notBefore - time.GetUtcNow() is { Ticks: > 0 } wait)
                return wait;
            var (waiting, alerts) = await database.ReadAsync(ReadAsync, cancellationToken);
            if (waiting.Count == 0)
                return null;
            IEnumerable<WaitingAlert> done = waiting;
            try
            {
                file.Append(alerts);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _notBefore = time.GetUtcNow() + RetryAfter;
                done = waiting.Where(w => time.GetUtcNow() - w.CreatedAt > WebhookDelivery.GiveUpAfter);
                LogFailed(file.Path, alerts.Count, done.Count(), RetryAfter, e.Message);
            }

            await database.WriteAsync(
                (session, token) => AlertOutboxStore.RemoveAsync(session, source, AlertOutboxStore.Log, done.Select(d => d.Number), token),
                cancellationToken
            );
        }
    }

    private async Task<(IReadOnlyList<WaitingAlert>, IReadOnlyList<Alert>)> ReadAsync(
        DbSession session,
        CancellationToken cancellationToken
    )
    {
        var waiting = await AlertOutboxStore.ListAsync(session, source, AlertOutboxStore.Log, MostAtOnce, cancellationToken);
        var numbers = waiting.Select(w => w.Number).ToList();
        return (waiting, await AuditEventStore.ListByNumberAsync(session, source, numbers, cancellationToken));
    }

    [LoggerMessage(
        3202,
        LogLevel.Error,
        "{Count} alerts are stored but cannot be written to {File}: {Reason}. {Dropped} of them have waited for a day and are dropped from the outbox; the others are tried again in {Wait}"
    )]
    private partial void LogFailed(string file, int count, int dropped, TimeSpan wait, string reason);
}

using Interop.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Anomaly.Alerts;

/// <summary>
/// Sends the HIGH alerts of one source from the outbox to the webhook: the first of an agent and class at once, those that follow within
/// the window as one message at its end. Windows and messages are in the database, so they survive a restart.
/// </summary>
internal sealed partial class WebhookDelivery(
    Database database,
    AlertWebhook webhook,
    IOptions<AlertOptions> options,
    TimeProvider time,
    ILogger<WebhookDelivery> log,
    string source,
    Func<DbSession, CancellationToken, Task> fence
)
{
    private const int MostAtOnce = 10_000;
    private const int MostIds = 50;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(1);
    private readonly Dictionary<long, DateTimeOffset> _retries = [];

    /// <summary>An alert that cannot be delivered for so long is dropped from the outbox; the table keeps it.</summary>
    public static TimeSpan GiveUpAfter { get; } = TimeSpan.FromDays(1);

    /// <summary>Sends the messages that are due.</summary>
    /// <returns>When the next one is due; null: none waits.</returns>
    public async Task<TimeSpan?> DeliverAsync(CancellationToken cancellationToken)
    {
        await ComposeAsync(cancellationToken);
        var messages = await database.ReadAsync(
            (session, token) => AlertOutboxStore.ListMessagesAsync(session, source, token),
            cancellationToken
        );
        foreach (var message in messages)
        {
            if (!_retries.TryGetValue(message.Number, out var due) || due <= time.GetUtcNow())
                await DeliverAsync(message, cancellationToken);
        }

        var end = await database.ReadAsync((session, token) => AlertWindowStore.FirstEndAsync(session, source, token), cancellationToken);
        var next = _retries.Values.Select(at => (DateTimeOffset?)at).Append(end).Min();
        return next - time.GetUtcNow();
    }

    /// <summary>Makes messages of the alerts whose window is not open, and opens windows.</summary>
    private async Task ComposeAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var due = await database.ReadAsync(
            (session, token) => AlertOutboxStore.ListDueAsync(session, source, now, MostAtOnce, token),
            cancellationToken
        );
        if (due.Count == 0)
            return;
        await database.WriteAsync(
            async (session, token) =>
            {
                await fence(session, token);
                await AlertWindowStore.RemoveEndedAsync(session, source, now, token);
                foreach (var group in due.GroupBy(d => (d.Agent, d.ReasonClass)))
                {
                    if (group.Any(d => d.WaitedForWindow))
                    {
                        await AlertOutboxStore.SetMessageAsync(session, source, [.. group.Select(d => d.Number)], token);
                        continue;
                    }

                    await AlertOutboxStore.SetMessageAsync(session, source, [group.First().Number], token);
                    var (agent, reasonClass) = group.Key;
                    await AlertWindowStore.OpenAsync(session, source, agent, reasonClass, now + options.Value.WebhookWindow, token);
                }
            },
            cancellationToken
        );
    }

    private async Task DeliverAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        var (numbers, alerts) = await database.ReadAsync(
            async (session, token) =>
                (
                    await AlertOutboxStore.ListOfMessageAsync(session, source, message.Number, MostIds, token),
                    await AuditEventStore.ListByNumberAsync(session, source, [message.Number], token)
                ),
            cancellationToken
        );
        if (alerts is [var first])
        {
            var ids = numbers.Select(n => AlertId.Of(source, n)).ToList();
            var outcome = await webhook.SendAsync(message, first, ids, cancellationToken);
            var mayRetry = !outcome.IsFinal && time.GetUtcNow() - message.CreatedAt < GiveUpAfter;
            if (outcome.Problem is { } problem)
                LogNotSent(first.Id, message.Alerts, problem, mayRetry ? $"is tried again in {RetryAfter}" : "is dropped from the outbox");
            if (outcome.Problem is not null && mayRetry)
            {
                _retries[message.Number] = time.GetUtcNow() + RetryAfter;
                return;
            }
        }

        await database.WriteAsync(
            (session, token) => AlertOutboxStore.RemoveMessageAsync(session, source, message.Number, token),
            cancellationToken
        );
        _retries.Remove(message.Number);
    }

    [LoggerMessage(
        3203,
        LogLevel.Error,
        "The message of the alert {Id} ({Count} alerts) was not received by the webhook and {Next}: {Reason}. Its alerts are stored"
    )]
    private partial void LogNotSent(string id, long count, string reason, string next);
}

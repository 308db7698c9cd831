using Interop.Anomaly.Scoring;
using Interop.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Anomaly.Alerts;

/// <summary>Makes the deliveries of sources.</summary>
public sealed class AlertDeliveries(
    Database database,
    AlertLog file,
    AlertWebhook webhook,
    IOptions<AlertOptions> options,
    TimeProvider time,
    ILoggerFactory loggers
)
{
    /// <summary>Begins to deliver the alerts of a source.</summary>
    /// <param name="source">The source.</param>
    /// <param name="fence">Fails a transaction when the caller no longer owns the source.</param>
    public AlertDelivery Start(string source, Func<DbSession, CancellationToken, Task> fence) =>
        new(
            new LogDelivery(database, file, time, loggers.CreateLogger<LogDelivery>(), source),
            new WebhookDelivery(database, webhook, options, time, loggers.CreateLogger<WebhookDelivery>(), source, fence),
            time,
            loggers.CreateLogger<DeliveryLoop>()
        );
}

/// <summary>
/// Delivers the alerts of one source from the outbox to the log file and to the webhook, each at its own pace, until it is disposed of. The
/// owner of the source has it. An alert is delivered at least once: it leaves the outbox after the delivery.
/// </summary>
public sealed class AlertDelivery : IAsyncDisposable
{
    private readonly DeliveryLoop _log;
    private readonly DeliveryLoop _webhook;

    internal AlertDelivery(LogDelivery log, WebhookDelivery webhook, TimeProvider time, ILogger logger)
    {
        _log = new DeliveryLoop(log.DeliverAsync, time, logger);
        _webhook = new DeliveryLoop(webhook.DeliverAsync, time, logger);
    }

    /// <summary>There may be alerts in the outbox.</summary>
    public void Signal()
    {
        _log.Signal();
        _webhook.Signal();
    }

    /// <summary>These alerts are in the outbox now.</summary>
    public void Signal(IReadOnlyList<NewAlert> alerts)
    {
        if (alerts.Count > 0)
            _log.Signal();
        if (alerts.Any(a => a.Severity == AccessSeverity.High))
            _webhook.Signal();
    }

    /// <summary>Stops after what is under way; the outbox keeps the rest.</summary>
    public async ValueTask DisposeAsync()
    {
        await _log.DisposeAsync();
        await _webhook.DisposeAsync();
    }
}

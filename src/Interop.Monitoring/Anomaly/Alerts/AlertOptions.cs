using System.ComponentModel.DataAnnotations;

namespace Interop.Anomaly.Alerts;

/// <summary>Where alerts go beside the database (<c>Alerts</c>).</summary>
public sealed record AlertOptions
{
    /// <summary>A JSON line per alert (<c>ALERT_LOG_FILE</c>). Empty: none.</summary>
    public string LogFile { get; set; } = "";

    /// <summary>The size at which the log file is renamed to <c>.1</c>. The default value is 64 MiB.</summary>
    [Range(1, 10_240)]
    public int LogMebibytes { get; set; } = 64;

    /// <summary>HIGH alerts are posted here as JSON with <c>text</c> (<c>ALERT_WEBHOOK_URL</c>). Empty: none.</summary>
    public string WebhookUrl { get; set; } = "";

    /// <summary>Alerts of one agent and class within it are one message. The default value is 5 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan WebhookWindow { get; set; } = TimeSpan.FromMinutes(5);
}

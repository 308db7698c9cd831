using System.Net.Http.Json;
using Interop.Anomaly.Alerts;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Scheduling;

/// <summary>Posts the failures of jobs to the webhook (<c>ALERT_WEBHOOK_URL</c>).</summary>
internal sealed partial class ScheduleAlerts(
    IHttpClientFactory http,
    IOptions<AlertOptions> options,
    TimeProvider time,
    ILogger<ScheduleAlerts> log
)
{
    public const string HttpClientName = "schedule-webhook";

    /// <summary>The number of attempts before a message is dropped.</summary>
    public const int MaxAttempts = 3;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>One attempt. True also when there is no webhook.</summary>
    public async Task<bool> TryPostAsync(string text, int attempt)
    {
        if (attempt == 1)
            LogFailed(text);
        if (options.Value.WebhookUrl.Length == 0)
            return true;
        using var timeout = new CancellationTokenSource(Timeout, time);
        try
        {
            using var answer = await http.CreateClient(HttpClientName)
                .PostAsJsonAsync(new Uri(options.Value.WebhookUrl), new { text }, timeout.Token);
            if (answer.IsSuccessStatusCode)
                return true;
            LogNotPosted(attempt, $"status {(int)answer.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            LogNotPosted(attempt, e.Message);
        }

        return false;
    }

    [LoggerMessage(3301, LogLevel.Error, "{Text}")]
    private partial void LogFailed(string text);

    [LoggerMessage(3302, LogLevel.Warning, "Attempt {Attempt} to post the failure of a job to the webhook failed: {Reason}")]
    private partial void LogNotPosted(int attempt, string reason);
}

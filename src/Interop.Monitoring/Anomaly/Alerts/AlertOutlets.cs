using System.Net.Http.Json;
using System.Text.Json;
using System.Threading.Channels;
using Interop.Anomaly.Scoring;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Anomaly.Alerts;

/// <summary>
/// Writes alerts to the log file and the webhook, after they are stored. What the outlets cannot take is logged and dropped: the table has
/// it.
/// </summary>
public sealed partial class AlertOutlets(
    IOptions<AlertOptions> options,
    IHttpClientFactory http,
    TimeProvider time,
    ILogger<AlertOutlets> log
) : BackgroundService
{
    /// <summary>The HTTP client of the webhook.</summary>
    public const string HttpClientName = "alert-webhook";

    private const int MostWaiting = 10_000;
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private readonly Channel<ScoredAccess> _waiting = Channel.CreateBounded<ScoredAccess>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true }
    );

    private readonly Dictionary<(string Agent, string Class), (DateTimeOffset At, int More)> _sent = [];

    /// <summary>Takes the alerts of a committed batch.</summary>
    public void Publish(IReadOnlyList<ScoredAccess> scored)
    {
        foreach (var access in scored)
        {
            if (access is { IsSuppressed: false, Verdict.Severity: > AccessSeverity.Low } && !_waiting.Writer.TryWrite(access))
                LogDropped(access.Id);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                var alerts = new List<ScoredAccess>();
                while (alerts.Count < 500 && _waiting.Reader.TryRead(out var alert))
                    alerts.Add(alert);
                if (options.Value.LogFile.Length > 0)
                    Write(alerts);
                if (options.Value.WebhookUrl.Length > 0)
                    await PostAsync(alerts, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private void Write(List<ScoredAccess> alerts)
    {
        try
        {
            var file = new FileInfo(options.Value.LogFile);
            Directory.CreateDirectory(file.DirectoryName!);
            if (file.Exists && file.Length > options.Value.LogMebibytes * 1024L * 1024)
                file.MoveTo($"{file.FullName}.1", overwrite: true);
            File.AppendAllLines(options.Value.LogFile, alerts.Select(Line));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogFileFailed(options.Value.LogFile, e.Message);
        }
    }

    private async Task PostAsync(List<ScoredAccess> alerts, CancellationToken cancellationToken)
    {
        foreach (var alert in alerts.Where(a => a.Verdict!.Severity == AccessSeverity.High))
        {
            var key = (alert.Event.Agent, AlertJson.Name(alert.Verdict!.PredictedClass));
            var now = time.GetUtcNow();
            if (_sent.TryGetValue(key, out var sent) && now - sent.At < options.Value.WebhookWindow)
            {
                _sent[key] = sent with { More = sent.More + 1 };
                continue;
            }

            _sent[key] = (now, 0);
            var more = sent.More > 0 ? $" ({sent.More} more since {sent.At:HH:mm})" : "";
            try
            {
                using var answer = await http.CreateClient(HttpClientName)
                    .PostAsJsonAsync(
                        new Uri(options.Value.WebhookUrl),
                        new
                        {
                            text = $"HIGH {key.Item2}: {key.Agent}{more}: {string.Join("; ", alert.Verdict.Reasons.Select(r => r.Text))}",
                            alert = alert.Id,
                        },
                        cancellationToken
                    );
                if (!answer.IsSuccessStatusCode)
                    LogWebhookFailed($"{(int)answer.StatusCode}");
            }
            catch (HttpRequestException e)
            {
                LogWebhookFailed(e.Message);
            }
        }
    }

    private static string Line(ScoredAccess access) =>
        JsonSerializer.Serialize(
            new
            {
                access.Id,
                Timestamp = access.Event.Time,
                access.Source,
                access.Event.Agent,
                access.Event.Patient,
                access.Event.Action,
                Severity = access.Verdict!.Severity.ToString().ToUpperInvariant(),
                Score = Math.Round(access.Verdict.Score, 4),
                access.Verdict.Rarity,
                PredictedClass = AlertJson.Name(access.Verdict.PredictedClass),
                Reasons = access.Verdict.Reasons.Select(r => r.Text),
                ModelVersion = access.Verdict.ModelVersion,
            },
            Json
        );

    [LoggerMessage(3201, LogLevel.Warning, "The alert {Id} is stored but was not written to the outlets: too many wait")]
    private partial void LogDropped(string id);

    [LoggerMessage(3202, LogLevel.Error, "Alerts cannot be written to {File}: {Reason}")]
    private partial void LogFileFailed(string file, string reason);

    [LoggerMessage(3203, LogLevel.Error, "The alert webhook failed: {Reason}")]
    private partial void LogWebhookFailed(string reason);
}

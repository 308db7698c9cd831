using System.Net;
using System.Net.Http.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Anomaly.Alerts;

/// <summary>
/// Posts HIGH alerts to the webhook, after they are stored: the first of an agent and class at once, those that follow within the window as
/// one message at its end. Each message has three attempts and the same Idempotency-Key in each, the id of its first alert. What cannot be
/// sent is named in the program's log: the table has it.
/// </summary>
public sealed partial class AlertWebhook(
    IOptions<AlertOptions> options,
    IHttpClientFactory http,
    TimeProvider time,
    ILogger<AlertWebhook> log
) : BackgroundService
{
    /// <summary>The HTTP client of the webhook.</summary>
    public const string HttpClientName = "alert-webhook";

    private const int MostWaiting = 10_000;
    private const int MostIds = 50;
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan[] Waits = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4)];
    private readonly Channel<ScoredAccess> _waiting = Channel.CreateBounded<ScoredAccess>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true }
    );
    private readonly Dictionary<(string Agent, string Class), Window> _windows = [];

    internal void Publish(ScoredAccess access)
    {
        if (options.Value.WebhookUrl.Length > 0 && !_waiting.Writer.TryWrite(access))
            LogNotSent(access.Id, 1, "too many wait");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var more = _waiting.Reader.WaitToReadAsync(stoppingToken).AsTask();
        while (!stoppingToken.IsCancellationRequested)
        {
            await WaitAsync(more, stoppingToken);
            if (more.IsCompletedSuccessfully)
            {
                if (_waiting.Reader.TryRead(out var alert))
                    await TakeAsync(alert, stoppingToken);
                more = _waiting.Reader.WaitToReadAsync(stoppingToken).AsTask();
            }

            foreach (var (key, window) in _windows.Where(w => w.Value.End <= time.GetUtcNow()).ToList())
            {
                _windows.Remove(key);
                if (window.Held.Count > 0)
                    await SendAsync(key, window.Held, stoppingToken);
            }
        }
    }

    /// <summary>Until there is an alert or a window ends.</summary>
    private async Task WaitAsync(Task more, CancellationToken stoppingToken)
    {
        if (more.IsCompleted)
            return;
        if (_windows.Count == 0)
        {
            await more;
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var wait = _windows.Values.Min(w => w.End) - time.GetUtcNow();
        await Task.WhenAny(more, Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, time, end.Token));
        await end.CancelAsync();
    }

    private async Task TakeAsync(ScoredAccess alert, CancellationToken cancellationToken)
    {
        var key = (alert.Event.Agent, AlertJson.Name(alert.Verdict!.PredictedClass));
        if (_windows.TryGetValue(key, out var window) && time.GetUtcNow() < window.End)
        {
            window.Held.Add(alert);
            return;
        }

        _windows[key] = new Window(time.GetUtcNow() + options.Value.WebhookWindow, []);
        await SendAsync(key, [.. window?.Held ?? [], alert], cancellationToken);
    }

    private async Task SendAsync((string Agent, string Class) key, List<ScoredAccess> alerts, CancellationToken cancellationToken)
    {
        var first = alerts[0];
        var more = alerts.Count > 1 ? $" ({alerts.Count} alerts)" : "";
        var message = new
        {
            text = $"HIGH {key.Class}: {key.Agent}{more}: {string.Join("; ", first.Verdict!.Reasons.Select(r => r.Text))}",
            alert = first.Id,
            alerts = alerts.Take(MostIds).Select(a => a.Id),
            count = alerts.Count,
            severity = "HIGH",
            predicted_class = key.Class,
            agent = key.Agent,
        };
        for (var attempt = 0; ; attempt++)
        {
            var (problem, isFinal) = await TryAsync(first.Id, message, cancellationToken);
            if (problem is null)
                return;
            if (isFinal || attempt == Waits.Length)
            {
                LogNotSent(first.Id, alerts.Count, problem);
                return;
            }

            await Task.Delay(Waits[attempt], time, cancellationToken);
        }
    }

    private async Task<(string? Problem, bool IsFinal)> TryAsync<T>(string key, T message, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(AttemptTimeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, options.Value.WebhookUrl) { Content = JsonContent.Create(message) };
            request.Headers.Add("Idempotency-Key", key);
            using var answer = await http.CreateClient(HttpClientName).SendAsync(request, timeout.Token);
            var mayPass =
                answer.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)answer.StatusCode >= 500;
            return answer.IsSuccessStatusCode ? (null, true) : ($"the receiver answered {(int)answer.StatusCode}", !mayPass);
        }
        catch (HttpRequestException e)
        {
            return (e.Message, false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ($"no answer within {AttemptTimeout.TotalSeconds:0} seconds", false);
        }
    }

    [LoggerMessage(
        3203,
        LogLevel.Error,
        "The alert {Id} and those with it ({Count}) are stored but were not sent to the webhook: {Reason}"
    )]
    private partial void LogNotSent(string id, int count, string reason);

    /// <param name="Held">Alerts that wait for the end of the window.</param>
    private sealed record Window(DateTimeOffset End, List<ScoredAccess> Held);
}

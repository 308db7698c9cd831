using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Options;

namespace Interop.Anomaly.Alerts;

/// <summary>
/// Posts messages about HIGH alerts. A message has three attempts, after 1 and 4 seconds; none after a refusal such as 400. The
/// Idempotency-Key is the id of its first alert, in each attempt.
/// </summary>
public sealed class AlertWebhook(IOptions<AlertOptions> options, IHttpClientFactory http, TimeProvider time)
{
    /// <summary>The HTTP client of the webhook.</summary>
    public const string HttpClientName = "alert-webhook";

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan[] Waits = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4)];

    /// <summary>Sends a message about alerts of one agent and class.</summary>
    /// <param name="message">The message.</param>
    /// <param name="first">Its first alert.</param>
    /// <param name="ids">The ids of its alerts, of a large message the first of them.</param>
    /// <param name="cancellationToken">Ends the attempts.</param>
    public async Task<WebhookOutcome> SendAsync(
        AlertMessage message,
        Alert first,
        IReadOnlyList<string> ids,
        CancellationToken cancellationToken
    )
    {
        if (options.Value.WebhookUrl.Length == 0)
            return new WebhookOutcome("the settings name no webhook any more", false);
        var more = message.Alerts > 1 ? $" ({message.Alerts} alerts)" : "";
        var body = new
        {
            text = $"HIGH {message.ReasonClass}: {message.Agent}{more}: {string.Join("; ", AlertJson.Texts(first.Reasons))}",
            alert = first.Id,
            alerts = ids,
            count = message.Alerts,
            severity = "HIGH",
            predicted_class = message.ReasonClass,
            agent = message.Agent,
        };
        for (var attempt = 0; ; attempt++)
        {
            var outcome = await TryAsync(first.Id, body, cancellationToken);
            if (outcome.Problem is null || outcome.IsFinal || attempt == Waits.Length)
                return outcome;
            await Task.Delay(Waits[attempt], time, cancellationToken);
        }
    }

    private async Task<WebhookOutcome> TryAsync<T>(string key, T body, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(AttemptTimeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, options.Value.WebhookUrl) { Content = JsonContent.Create(body) };
            request.Headers.Add("Idempotency-Key", key);
            using var answer = await http.CreateClient(HttpClientName).SendAsync(request, timeout.Token);
            var mayPass =
                answer.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)answer.StatusCode >= 500;
            return answer.IsSuccessStatusCode
                ? WebhookOutcome.Received
                : new WebhookOutcome($"the receiver answered {(int)answer.StatusCode}", !mayPass);
        }
        catch (HttpRequestException e)
        {
            return new WebhookOutcome(e.Message, false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new WebhookOutcome($"no answer within {AttemptTimeout.TotalSeconds:0} seconds", false);
        }
    }
}

/// <summary>The result of a message.</summary>
/// <param name="Problem">Why it was not received; null: it was.</param>
/// <param name="IsFinal">The receiver refused it: another attempt has the same result.</param>
public sealed record WebhookOutcome(string? Problem, bool IsFinal)
{
    public static WebhookOutcome Received { get; } = new(null, true);
}

using System.Text.Json;
using Interop.Telemetry;
using Interop.Tokens;
using Microsoft.Extensions.Logging;

namespace Interop.Discovery;

/// <inheritdoc cref="IDiscoveryGrain"/>
internal sealed partial class DiscoveryGrain(
    TenantRegistry tenants,
    SearchHistory searches,
    MirthClient mirth,
    TimeProvider time,
    ILogger<DiscoveryGrain> log
) : Grain, IDiscoveryGrain
{
    private const string EventType = "PD_SEARCH_REQUEST";

    public async Task<DiscoveryAnswer> Submit(DiscoveryRequest request)
    {
        if (string.IsNullOrEmpty(tenants[request.Tenant].MirthEndpointUrl))
        {
            var setting = TenantOptions.NameOf(request.Tenant, "MIRTH_PD_ENDPOINT_URL", nameof(TenantOptions.MirthEndpointUrl));
            return new(DiscoveryOutcome.NotConfigured, $"Patient discovery is not configured: {setting} is missing", null, null);
        }

        try
        {
            var search = await searches.BeginAsync(request, CancellationToken.None);
            return search.Answer ?? await SubmitAsync(request, search.CorrelationId);
        }
        catch (PatientKeyException e)
        {
            return new(DiscoveryOutcome.NotConfigured, $"Patient discovery is not configured: {e.Message}", null, null);
        }
    }

    private async Task<DiscoveryAnswer> SubmitAsync(DiscoveryRequest request, string correlationId)
    {
        var started = time.GetTimestamp();
        var answer = await SendAsync(request, correlationId);
        var duration = (long)time.GetElapsedTime(started).TotalMilliseconds;
        await searches.EndAsync(request, answer, Happened(request, answer, duration), CancellationToken.None);
        await RecordAsync(request, answer, correlationId, duration);
        return answer;
    }

    private async Task<DiscoveryAnswer> SendAsync(DiscoveryRequest request, string correlationId)
    {
        var tokens = GrainFactory.GetGrain<ITokenGrain>(request.Tenant);
        var grant = await tokens.GetToken();
        return grant.Outcome switch
        {
            TokenOutcome.Granted => await mirth.SendAsync(request, correlationId, grant.Token!),
            TokenOutcome.NotConfigured => new(DiscoveryOutcome.NotConfigured, grant.Problem, correlationId, null),
            TokenOutcome.TimedOut => new(DiscoveryOutcome.TimedOut, grant.Problem, correlationId, null),
            _ => new(DiscoveryOutcome.UpstreamFailed, grant.Problem, correlationId, null),
        };
    }

    private TimelineEvent Happened(DiscoveryRequest request, DiscoveryAnswer answer, long durationMs) =>
        new(
            time.GetUtcNow(),
            EventType,
            StatusOf(answer),
            new JsonText(
                JsonSerializer.Serialize(
                    new
                    {
                        correlation_id = answer.CorrelationId,
                        request_id = request.RequestId,
                        tenant = request.Tenant,
                        format = request.Format.ToString().ToLowerInvariant(),
                        duration_ms = durationMs,
                        result = answer.Result?.Outcome,
                        result_count = answer.Result?.ResultCount,
                        problem = answer.Problem,
                    }
                )
            )
        );

    /// <summary>Adds a telemetry event. The search has been sent already, so a failure is only logged.</summary>
    private async Task RecordAsync(DiscoveryRequest request, DiscoveryAnswer answer, string correlationId, long durationMs)
    {
        var isXcpd = request.Format == DiscoveryFormat.Xcpd;
        var now = time.GetUtcNow();
        var payload = JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                eventId = $"pd-search-{correlationId}-{now.UtcTicks}",
                eventType = EventType,
                timestampUtc = now.UtcDateTime.ToString("O"),
                source = "interop",
                protocol = isXcpd ? "XCPD" : "JSON",
                interactionId = isXcpd ? XcpdQuery.InteractionId : null,
                status = StatusOf(answer),
                durationMs,
                resultCount = answer.Result?.ResultCount,
                outcome = answer.Result is null ? null : new { status = answer.Result.Outcome, resultCount = answer.Result.ResultCount },
                correlationId,
            }
        );
        var outcomes = await GrainFactory.GetQuery<ITelemetryIntakeGrain>().Accept([new Submission(payload, IsTooLong: false)]);
        if (outcomes[0].Status != SubmissionStatus.Accepted)
            LogNotRecorded(correlationId, outcomes[0].Status);
    }

    private static string StatusOf(DiscoveryAnswer answer) =>
        answer.Outcome switch
        {
            DiscoveryOutcome.Submitted => "submitted",
            DiscoveryOutcome.TimedOut => "timed_out",
            DiscoveryOutcome.NotConfigured => "not_configured",
            _ => "failed",
        };

    [LoggerMessage(4301, LogLevel.Warning, "The telemetry event of search {CorrelationId} is not stored: {Status}")]
    private partial void LogNotRecorded(string correlationId, SubmissionStatus status);
}

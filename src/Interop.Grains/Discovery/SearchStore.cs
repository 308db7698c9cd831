using System.Text.Json;
using Interop.Storage;

namespace Interop.Discovery;

/// <summary>What was submitted within the last day, and the patients' timelines.</summary>
internal sealed class SearchStore(Database database, TimeProvider time)
{
    private const string Pending = "pending";
    private const string Submitted = "submitted";
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(24);

    private sealed record Search(string CorrelationId, string Status, string? Answer, DateTimeOffset CreatedAt);

    /// <summary>
    /// Begins a submission before anything is sent. One that was begun and never ended keeps its correlation id, by which Mirth can tell
    /// that it comes again.
    /// </summary>
    /// <returns>The correlation id, and the answer where the request was submitted already.</returns>
    public Task<(string CorrelationId, DiscoveryAnswer? Answer)> BeginAsync(DiscoveryRequest request, CancellationToken cancellationToken) =>
        database.WriteAsync(async (session, token) =>
        {
            var now = time.GetUtcNow();
            await session.ExecuteAsync("DELETE FROM pd_searches WHERE created_at <= @Until", new { Until = now - Remembered }, token);
            var found = await session.FirstAsync<Search>(
                "SELECT correlation_id, status, answer, created_at FROM pd_searches WHERE tenant = @Tenant AND request_id = @RequestId",
                new { request.Tenant, request.RequestId },
                token);
            if (found is { Status: Submitted })
            {
                var result = found.Answer is null ? null : JsonSerializer.Deserialize<XcpdResult>(found.Answer);
                return (found.CorrelationId, new DiscoveryAnswer(DiscoveryOutcome.Submitted, null, found.CorrelationId, result));
            }

            if (found is not null)
                return (found.CorrelationId, (DiscoveryAnswer?)null);
            var correlationId = Guid.NewGuid().ToString();
            await session.ExecuteAsync(
                """
                INSERT INTO pd_searches (tenant, request_id, correlation_id, status, created_at)
                VALUES (@Tenant, @RequestId, @CorrelationId, @Pending, @Now)
                """,
                new { request.Tenant, request.RequestId, CorrelationId = correlationId, Pending, Now = now },
                token);
            return (correlationId, (DiscoveryAnswer?)null);
        }, cancellationToken);

    /// <summary>Keeps what became of it, and puts it on the patient's timeline.</summary>
    public Task EndAsync(DiscoveryRequest request, DiscoveryAnswer answer, TimelineEvent happened, CancellationToken cancellationToken) =>
        database.WriteAsync(async (session, token) =>
        {
            if (answer.Outcome == DiscoveryOutcome.Submitted)
            {
                await session.ExecuteAsync(
                    "UPDATE pd_searches SET status = @Submitted, answer = @Answer WHERE tenant = @Tenant AND request_id = @RequestId",
                    new { request.Tenant, request.RequestId, Submitted, Answer = answer.Result is null ? null : JsonSerializer.Serialize(answer.Result) },
                    token);
            }

            await session.ExecuteAsync(
                "INSERT INTO timeline_events (patient_key, occurred_at, type, status, details) VALUES (@Key, @Timestamp, @Type, @Status, @Details)",
                new { Key = PatientKey.Of(request.Demographics), happened.Timestamp, happened.Type, happened.Status, Details = happened.Details.Text },
                token);
        }, cancellationToken);
}

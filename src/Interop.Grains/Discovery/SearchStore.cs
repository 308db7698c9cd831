using Interop.Storage;

namespace Interop.Discovery;

/// <summary>The table <c>pd_searches</c>: the submissions of the last day.</summary>
internal static class SearchStore
{
    /// <param name="PatientKey">Null in rows of an earlier version.</param>
    /// <param name="IsSubmitted">False: it was begun, and has not ended or has failed.</param>
    /// <param name="Answer">The XCPD result as JSON.</param>
    public sealed record Search(string CorrelationId, string? PatientKey, bool IsSubmitted, string? Answer);

    public static Task DeleteOlderAsync(DbSession session, DateTimeOffset until, CancellationToken cancellationToken) =>
        session.ExecuteAsync("DELETE FROM pd_searches WHERE created_at <= @Until", new { Until = until }, cancellationToken);

    public static Task<Search?> FindAsync(DbSession session, string tenant, string requestId, CancellationToken cancellationToken) =>
        session.FirstAsync<Search>(
            """
            SELECT correlation_id, patient_key, CASE WHEN status = 'submitted' THEN 1 ELSE 0 END AS is_submitted, answer
            FROM pd_searches WHERE tenant = @Tenant AND request_id = @RequestId
            """,
            new { Tenant = tenant, RequestId = requestId },
            cancellationToken
        );

    public static Task AddAsync(
        DbSession session,
        string tenant,
        string requestId,
        string correlationId,
        string patientKey,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        session.ExecuteAsync(
            """
            INSERT INTO pd_searches (tenant, request_id, correlation_id, patient_key, status, created_at)
            VALUES (@Tenant, @RequestId, @CorrelationId, @PatientKey, 'pending', @Now)
            """,
            new
            {
                Tenant = tenant,
                RequestId = requestId,
                CorrelationId = correlationId,
                PatientKey = patientKey,
                Now = now,
            },
            cancellationToken
        );

    public static Task SetSubmittedAsync(
        DbSession session,
        string tenant,
        string requestId,
        string? answer,
        CancellationToken cancellationToken
    ) =>
        session.ExecuteAsync(
            "UPDATE pd_searches SET status = 'submitted', answer = @Answer WHERE tenant = @Tenant AND request_id = @RequestId",
            new
            {
                Tenant = tenant,
                RequestId = requestId,
                Answer = answer,
            },
            cancellationToken
        );
}

using Interop.Storage;

namespace Interop.Discovery;

/// <summary>The table <c>timeline_events</c>: what happened about a patient.</summary>
internal static class TimelineStore
{
    private sealed record Row(DateTimeOffset OccurredAt, string Type, string Status, string Details);

    public static Task AddAsync(DbSession session, string patientKey, TimelineEvent happened, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            "INSERT INTO timeline_events (patient_key, occurred_at, type, status, details) VALUES (@Key, @Timestamp, @Type, @Status, @Details)",
            new
            {
                Key = patientKey,
                happened.Timestamp,
                happened.Type,
                happened.Status,
                Details = happened.Details.Text,
            },
            cancellationToken
        );

    /// <summary>The newest events of a patient, at most so many, oldest first.</summary>
    public static async Task<IEnumerable<TimelineEvent>> ReadAsync(
        DbSession session,
        string patientKey,
        int maxEvents,
        CancellationToken cancellationToken
    )
    {
        var newestFirst = await session.QueryAsync<Row>(
            "SELECT occurred_at, type, status, details FROM timeline_events WHERE patient_key = @Key ORDER BY id DESC LIMIT @MaxEvents",
            new { Key = patientKey, MaxEvents = maxEvents },
            cancellationToken
        );
        return newestFirst.Reverse().Select(r => new TimelineEvent(r.OccurredAt, r.Type, r.Status, new JsonText(r.Details)));
    }

    /// <summary>Patient keys that were made by an earlier version, at most so many.</summary>
    public static Task<IReadOnlyList<string>> FindFormerKeysAsync(DbSession session, int maxKeys, CancellationToken cancellationToken) =>
        session.QueryAsync<string>(
            "SELECT DISTINCT patient_key FROM timeline_events WHERE patient_key < 'h' LIMIT @MaxKeys",
            new { MaxKeys = maxKeys },
            cancellationToken
        );

    public static Task ReplaceKeyAsync(DbSession session, string former, string current, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            "UPDATE timeline_events SET patient_key = @Current WHERE patient_key = @Former",
            new { Former = former, Current = current },
            cancellationToken
        );
}

using System.Collections.Immutable;
using Interop.Storage;

namespace Interop.Discovery;

/// <inheritdoc cref="ITimelineGrain"/>
[StatelessWorker]
internal sealed class TimelineGrain(Database database) : Grain, ITimelineGrain
{
    private const int MaxEvents = 1_000;

    private sealed record Row(DateTimeOffset OccurredAt, string Type, string Status, string Details);

    public Task<ImmutableArray<TimelineEvent>> Read(Demographics patient) => database.ReadAsync(async (session, token) =>
    {
        var newestFirst = await session.QueryAsync<Row>(
            "SELECT occurred_at, type, status, details FROM timeline_events WHERE patient_key = @Key ORDER BY id DESC LIMIT @MaxEvents",
            new { Key = PatientKey.Of(patient), MaxEvents },
            token);
        return newestFirst.Reverse().Select(r => new TimelineEvent(r.OccurredAt, r.Type, r.Status, new JsonText(r.Details))).ToImmutableArray();
    });
}

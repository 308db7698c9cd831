using Interop.Storage;

namespace Interop.Anomaly.Alerts;

/// <summary>The table <c>audit_event_patients</c>: patients of an event but the first, which is in <c>audit_scores</c>.</summary>
public static class EventPatientStore
{
    private static readonly TableShape Shape = new(
        "audit_event_patients",
        [
            new("patient", ColumnType.Text),
            new("event_time", ColumnType.Timestamp),
            new("source", ColumnType.Text),
            new("number", ColumnType.Integer),
        ],
        ["patient", "event_time", "source", "number"]
    );

    /// <summary>Stores the further patients of new events, in the transaction of the events.</summary>
    public static async Task AddAsync(DbSession session, IReadOnlyList<ScoredAccess> accesses, CancellationToken cancellationToken)
    {
        if (accesses.All(a => a.OtherPatients.Count == 0))
            return;
        using var rows = new RowBatch(Shape);
        foreach (var access in accesses)
        {
            foreach (var patient in access.OtherPatients)
            {
                rows.BeginRow();
                rows.WriteText(patient);
                rows.WriteTimestamp(access.Event.Time);
                rows.WriteText(access.Source);
                rows.WriteInteger(access.Number);
            }
        }

        await session.BulkUpsertAsync(rows, UpsertRule.Refuse, cancellationToken);
    }

    /// <summary>A condition on these keys: the event has this clinical context.</summary>
    internal static string HasCare(string care) =>
        $"""
            EXISTS (SELECT 1 FROM audit_scores s
                WHERE s.source = audit_event_patients.source AND s.number = audit_event_patients.number AND s.care = {care})
            """;

    /// <summary>A query for the keys (event_time, source, number) of events in which the patient is a further one.</summary>
    /// <param name="condition">On event_time, source and number.</param>
    internal static string Keys(string patient, string condition) =>
        $"SELECT event_time, source, number FROM audit_event_patients WHERE patient = {patient} {condition}";
}

using Interop.Anomaly.Alerts;
using Interop.Fhir.Schema;
using Interop.Storage;

namespace Interop.Anomaly;

/// <inheritdoc cref="IAlertDeskGrain"/>
internal sealed class AlertDeskGrain(Database database, TimeProvider time) : Grain, IAlertDeskGrain
{
    private const string PatientPrefix = "Patient/";

    public Task<bool> GiveFeedback(string alertId, AlertVerdict verdict, string? reason) =>
        AlertId.TryParse(alertId, out var source, out var number)
            ? database.WriteAsync(
                (session, token) =>
                    FeedbackStore.PutAsync(
                        session,
                        source,
                        number,
                        verdict == AlertVerdict.Confirmed ? "confirmed" : "dismissed",
                        reason,
                        time.GetUtcNow(),
                        token
                    )
            )
            : Task.FromResult(false);

    public Task<Suppression> Suppress(string? agent, string? action, string? reasonClass, DateTimeOffset until) =>
        database.WriteAsync(
            (session, token) => SuppressionStore.AddAsync(session, agent, action, reasonClass, until, time.GetUtcNow(), token)
        );

    public Task<AccessCase?> ChangeCase(long id, string? status, string? assignee, string? note, string? by) =>
        database.WriteAsync((session, token) => CaseStore.ChangeAsync(session, id, status, assignee, note, by, time.GetUtcNow(), token));

    public async Task<bool> Watch(string patient, string? reason)
    {
        if (!patient.StartsWith(PatientPrefix, StringComparison.Ordinal) || !FhirId.IsValid(patient[PatientPrefix.Length..]))
            return false;
        await database.WriteAsync((session, token) => WatchlistStore.PutAsync(session, patient, reason, time.GetUtcNow(), token));
        return true;
    }

    public Task<bool> Unwatch(string patient) =>
        database.WriteAsync((session, token) => WatchlistStore.RemoveAsync(session, patient, token));
}

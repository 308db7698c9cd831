using System.Collections.Immutable;
using Interop.Ingestion.Patients;

namespace Interop.Patients;

/// <inheritdoc cref="IPatientQueryGrain"/>
[StatelessWorker]
internal sealed class PatientQueryGrain(PatientReader patients) : Grain, IPatientQueryGrain
{
    private const int MaxPatients = 100;
    private const int MaxResources = 500;

    public Task<ImmutableArray<PatientSummary>> Search(string text, int limit) =>
        patients.SearchAsync(text, Math.Clamp(limit, 1, MaxPatients), CancellationToken.None);

    public Task<PatientSummary?> Find(PatientKey patient) => patients.FindAsync(patient, CancellationToken.None);

    public Task<ImmutableArray<ResourceTypeCount>> CountResources(PatientKey patient) =>
        patients.CountAsync(patient, CancellationToken.None);

    public Task<PatientResourcePage> ListResources(PatientKey patient, string? resourceType, int limit, PatientResourcePosition? after) =>
        patients.ListAsync(patient, resourceType, Math.Clamp(limit, 1, MaxResources), after, CancellationToken.None);
}

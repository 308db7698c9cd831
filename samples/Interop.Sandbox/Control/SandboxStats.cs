using Interop.Sandbox.Faults;
using Interop.Sandbox.Fhir;
using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Control;

/// <summary>
/// What a client should have found: `resources` per type, how many of them are `bad` and why, how many good ones belong to a patient that
/// is not on the server (`missingPatient`) or whose own record is bad (`badPatient`). A reader that drops bad patients has no patient for
/// the latter.
/// </summary>
public sealed record SandboxStats
{
    public required long Requests { get; init; }

    public required long Searches { get; init; }

    public required long ResourcesServed { get; init; }

    public required long Writes { get; init; }

    public required long BytesSent { get; init; }

    public required IReadOnlyDictionary<FaultKind, long> Faults { get; init; }

    public required IReadOnlyDictionary<string, int> Resources { get; init; }

    public required IReadOnlyDictionary<string, int> Bad { get; init; }

    public required IReadOnlyDictionary<string, IReadOnlyDictionary<Defect, int>> BadByKind { get; init; }

    public required IReadOnlyDictionary<string, int> MissingPatient { get; init; }

    public required IReadOnlyDictionary<string, int> BadPatient { get; init; }

    internal static SandboxStats Of(ResourceStore store, FaultBook faults, SandboxCounters counters)
    {
        var missing = new Dictionary<string, int>();
        var badPatient = new Dictionary<string, int>();
        var patients = store.Find("Patient");
        foreach (var type in store.Types.Where(type => type != "Patient"))
        {
            var rows = store.Find(type)!;
            foreach (var version in rows.Read(rows.Select(new VersionFilter())))
            {
                if (version.Defect != Defect.None || version.Patient == PatientKeys.None)
                    continue;
                var patient = store.Patients.IdOf(version.Patient) is { } id ? patients?.Current(patients.Find(id)) : null;
                if (patient is null or { IsDeleted: true })
                    missing[type] = missing.GetValueOrDefault(type) + 1;
                else if (patient.Value.Defect != Defect.None)
                    badPatient[type] = badPatient.GetValueOrDefault(type) + 1;
            }
        }
        return new SandboxStats
        {
            Requests = counters.Requests,
            Searches = counters.Searches,
            ResourcesServed = counters.ResourcesServed,
            Writes = counters.Writes,
            BytesSent = counters.BytesSent,
            Faults = faults.Fired,
            Resources = store.Types.ToDictionary(type => type, store.Count),
            Bad = store.Types.ToDictionary(type => type, type => store.Bad(type).Values.Sum()),
            BadByKind = store.Types.ToDictionary(type => type, store.Bad),
            MissingPatient = missing,
            BadPatient = badPatient,
        };
    }
}

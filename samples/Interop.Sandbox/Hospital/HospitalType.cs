using Interop.Sandbox.Fhir;

namespace Interop.Sandbox.Hospital;

/// <summary>The resources of one type of the hospital, rendered when they are asked for.</summary>
internal sealed class HospitalType(
    string name,
    int count,
    Func<int, string> id,
    Func<int, long> commitTicks,
    Func<int, int?> patientOf,
    Action<int, Utf8Builder> render
) : SeededType
{
    private readonly Lazy<Dictionary<string, int>> _numbers = new(() =>
        Enumerable.Range(0, count).ToDictionary(id, StringComparer.Ordinal)
    );

    public override string Name => name;

    public override int Count => count;

    public override long CommitTicks(int number) => commitTicks(number) is var ticks ? ticks - ticks % TimeSpan.TicksPerMillisecond : 0;

    public override int? PatientOf(int number) => patientOf(number);

    public override string Id(int number) => id(number);

    public override bool TryParseId(string text, out int number) => _numbers.Value.TryGetValue(text, out number);

    public override void Render(int number, Utf8Builder text) => render(number, text);

    /// <summary>All clinical types, places and people first.</summary>
    public static IReadOnlyList<HospitalType> Create(HospitalSimulation hospital)
    {
        var writer = hospital.Clinical;
        var care = hospital.Care;
        var appointments = Numbers(care.Visits.Count, visit => care.Visits[visit].Kind == VisitKind.Ambulatory);
        var teams = Numbers(care.Visits.Count, visit => care.Visits[visit].Kind == VisitKind.Inpatient);
        var services = Numbers(care.Orders.Count, order => care.Orders[order].Kind != OrderKind.Medication);
        var drugs = Numbers(care.Orders.Count, order => care.Orders[order].Kind == OrderKind.Medication);
        int? PatientOfVisit(int visit) => care.Visits[visit].Patient;
        int? PatientOfOrder(int order) => care.Visits[care.Orders[order].Visit].Patient;
        long OrderTicks(int order) => care.Orders[order].Ticks + 2 * TimeSpan.TicksPerSecond;
        return
        [
            new("Organization", 1, _ => "hospital", _ => writer.Before, _ => null, (_, text) => writer.Organization(text)),
            new(
                "Location",
                hospital.Layout.Places.Count,
                number => hospital.Layout.Places[number].Id,
                _ => writer.Before,
                _ => null,
                writer.Location
            ),
            new("Practitioner", hospital.People, HospitalIds.Practitioner, writer.PractitionerTicks, _ => null, writer.Practitioner),
            new(
                "PractitionerRole",
                hospital.People,
                number => $"role-{number + 1}",
                writer.PractitionerTicks,
                _ => null,
                writer.PractitionerRole
            ),
            new("Patient", hospital.Options.Patients, HospitalIds.Patient, writer.PatientTicks, _ => null, writer.Patient),
            new("Encounter", care.Visits.Count, HospitalIds.Encounter, writer.EncounterTicks, PatientOfVisit, writer.Encounter),
            Subset("Appointment", appointments, visit => $"appt-{visit + 1}", writer.AppointmentTicks, PatientOfVisit, writer.Appointment),
            Subset("CareTeam", teams, visit => $"team-{visit + 1}", writer.EncounterTicks, PatientOfVisit, writer.CareTeam),
            Subset("ServiceRequest", services, order => $"sr-{order + 1}", OrderTicks, PatientOfOrder, writer.Order),
            Subset("MedicationRequest", drugs, order => $"mr-{order + 1}", OrderTicks, PatientOfOrder, writer.Order),
        ];
    }

    /// <summary>The AuditEvents; their accesses are kept in memory.</summary>
    public static HospitalType AuditEvents(HospitalSimulation hospital)
    {
        var records = hospital.Records().ToArray();
        return new(
            "AuditEvent",
            records.Length,
            number => $"ae-{number}",
            number => records[number].Ticks,
            number => records[number].Patient >= 0 ? records[number].Patient : null,
            (number, text) => hospital.Render(number, records[number], text)
        );
    }

    private static HospitalType Subset(
        string name,
        int[] numbers,
        Func<int, string> id,
        Func<int, long> ticks,
        Func<int, int?> patientOf,
        Action<int, Utf8Builder> render
    ) =>
        new(
            name,
            numbers.Length,
            number => id(numbers[number]),
            number => ticks(numbers[number]),
            number => patientOf(numbers[number]),
            (number, text) => render(numbers[number], text)
        );

    private static int[] Numbers(int count, Func<int, bool> isWanted) => [.. Enumerable.Range(0, count).Where(isWanted)];
}

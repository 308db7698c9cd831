using Interop.Sandbox.Fhir;
using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Hospital;

/// <summary>Renders the hospital's clinical resources. A resource is a pure function of its number.</summary>
internal sealed class ClinicalWriter(
    HospitalOptions options,
    HospitalLayout layout,
    Staff staff,
    CareHistory care,
    IReadOnlyDictionary<int, StaffMember> relatives
)
{
    private static readonly (HospitalRole Role, string Code, string Display)[] SnomedRoles =
    [
        (HospitalRole.Nurse, "224535009", "Registered nurse"),
        (HospitalRole.Physician, "309343006", "Physician"),
        (HospitalRole.Pharmacist, "46255001", "Pharmacist"),
        (HospitalRole.Therapist, "36682004", "Physiotherapist"),
    ];

    private static readonly (string Code, string Display)[] Tests =
    [
        ("24323-8", "Comprehensive metabolic 2000 panel - Serum or Plasma"),
        ("58410-2", "CBC panel - Blood by Automated count"),
        ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"),
        ("2339-0", "Glucose [Mass/volume] in Blood"),
    ];

    private static readonly string[] Examinations = ["Chest X-ray", "CT of head", "Abdominal ultrasound", "MRI of knee"];
    private static readonly string[] Drugs =
    [
        "Amoxicillin 500 mg capsule",
        "Metformin 500 mg tablet",
        "Lisinopril 10 mg tablet",
        "Paracetamol 500 mg tablet",
        "Enoxaparin 40 mg syringe",
    ];

    public void Organization(Utf8Builder text) =>
        Begin("Organization", "hospital", Before, text).Append("\"active\":true,\"name\":\"Harbor General Hospital\"}"u8);

    public void Location(int number, Utf8Builder text)
    {
        var place = layout.Places[number];
        Begin("Location", place.Id, Before, text)
            .Append("\"status\":\"active\",\"name\":"u8)
            .AppendJson(place.Name)
            .Append(",\"mode\":\"instance\",\"managingOrganization\":{\"reference\":\"Organization/hospital\"}}"u8);
    }

    public long PractitionerTicks(int number) =>
        Math.Max(Before, options.Start.UtcTicks + (staff.Members[number].FirstDay - 3L) * TimeSpan.TicksPerDay);

    public void Practitioner(int number, Utf8Builder text)
    {
        var member = staff.Members[number];
        Begin("Practitioner", HospitalIds.Practitioner(number), PractitionerTicks(number), text)
            .Append("\"identifier\":[{\"system\":\"urn:oid:2.16.840.1.113883.4.999.7\",\"value\":\"E"u8)
            .AppendDigits(number + 1000, 6)
            .Append("\"},{\"system\":\"http://hospital.example/login\",\"value\":\""u8)
            .Append(member.Login)
            .Append("\"}],\"active\":true,"u8);
        AppendName(member.Name, text);
        AppendAddress(member.Address, text);
        text.Append("}"u8);
    }

    /// <summary>The home place; nurses of the float pool have no location, because they work on every ward.</summary>
    public void PractitionerRole(int number, Utf8Builder text)
    {
        var member = staff.Members[number];
        Begin("PractitionerRole", $"role-{number + 1}", PractitionerTicks(number), text)
            .Append("\"active\":"u8)
            .Append(member.LastDay == int.MaxValue || member.ReturnDay < int.MaxValue ? "true" : "false");
        if (member.FirstDay >= 0 || member.LastDay != int.MaxValue)
        {
            text.Append(",\"period\":{\"start\":\""u8).AppendDate(options.Start.UtcDateTime.AddDays(member.FirstDay));
            if (member.LastDay != int.MaxValue && member.ReturnDay == int.MaxValue)
                text.Append("\",\"end\":\""u8).AppendDate(options.Start.UtcDateTime.AddDays(member.LastDay));
            text.Append("\"}"u8);
        }
        text.Append(",\"practitioner\":{\"reference\":\"Practitioner/"u8)
            .Append(HospitalIds.Practitioner(number))
            .Append(
                "\"},\"organization\":{\"reference\":\"Organization/hospital\"},\"code\":[{\"coding\":[{\"system\":\"http://hospital.example/roles\",\"code\":\""u8
            )
            .Append(member.Role.ToString())
            .Append("\"}"u8);
        foreach (var (role, code, display) in SnomedRoles)
        {
            if (role == member.Role)
                text.Append(",{\"system\":\"http://snomed.info/sct\",\"code\":\""u8)
                    .Append(code)
                    .Append("\",\"display\":\""u8)
                    .Append(display)
                    .Append("\"}"u8);
        }
        text.Append("]}]"u8);
        if (member.IsFloat)
        {
            text.Append(",\"location\":["u8);
            foreach (var ward in layout.Of(PlaceKind.Ward))
                text.Append("{\"reference\":\"Location/"u8).Append(ward.Id).Append("\"},"u8);
            text.Truncate(text.Length - 1).Append("]"u8);
        }
        else
        {
            text.Append(",\"location\":[{\"reference\":\"Location/"u8).Append(member.Home.Id).Append("\"}]"u8);
        }
        text.Append("}"u8);
    }

    public void Patient(int number, Utf8Builder text)
    {
        var random = SplitMix.For(options.Seed, 0x9A7, number);
        var name = Persons.Name(ref random, out var isWoman);
        var address = Persons.Address(ref random);
        var employee = -1;
        if (relatives.TryGetValue(number, out var relative))
        {
            // The employee as a patient, a relative with the same family name, or a person at the same address.
            if (relative.OwnPatient == number)
                (name, address, employee) = (relative.Name, relative.Address, relative.Index);
            else if (number % 3 == 0)
                address = relative.Address;
            else
                (name, address) = (name with { Family = relative.Name.Family }, number % 3 == 1 ? relative.Address : address);
        }
        Begin("Patient", HospitalIds.Patient(number), PatientTicks(number), text)
            .Append(
                "\"identifier\":[{\"use\":\"usual\",\"type\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v2-0203\",\"code\":\"MR\"}]},\"system\":\"urn:oid:2.16.840.1.113883.4.999.1\",\"value\":\"MRN-"u8
            )
            .AppendDigits(number + 1, 8)
            .Append("\"}"u8);
        if (employee >= 0)
            text.Append(
                    ",{\"type\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v2-0203\",\"code\":\"EN\"}]},\"system\":\"urn:oid:2.16.840.1.113883.4.999.7\",\"value\":\"E"u8
                )
                .AppendDigits(employee + 1000, 6)
                .Append("\"}"u8);
        text.Append("],\"active\":true,"u8);
        AppendName(name, text);
        text.Append("\"gender\":\""u8)
            .Append(isWoman ? "female" : "male")
            .Append("\",\"birthDate\":\""u8)
            .AppendDigits(random.Between(1932, 2006), 4)
            .Append("-"u8)
            .AppendDigits(random.Between(1, 12), 2)
            .Append("-"u8)
            .AppendDigits(random.Between(1, 28), 2)
            .Append("\","u8);
        AppendAddress(address, text);
        text.Append("}"u8);
    }

    public long PatientTicks(int number) => Before + number % 86_400 * TimeSpan.TicksPerSecond;

    public long EncounterTicks(int visit) =>
        Math.Max(Before + TimeSpan.TicksPerDay, care.Visits[visit].StartTicks + 20 * TimeSpan.TicksPerSecond);

    public void Encounter(int number, Utf8Builder text)
    {
        var visit = care.Visits[number];
        var place = layout.Places[visit.Place];
        Begin("Encounter", HospitalIds.Encounter(number), EncounterTicks(number), text)
            .Append("\"status\":\"finished\",\"class\":{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\""u8)
            .Append(
                visit.Kind switch
                {
                    VisitKind.Inpatient => "IMP",
                    VisitKind.Emergency => "EMER",
                    _ => "AMB",
                }
            )
            .Append("\"},"u8);
        AppendPatient("subject", visit.Patient, text);
        if (visit.Kind == VisitKind.Ambulatory)
            text.Append(",\"appointment\":[{\"reference\":\"Appointment/appt-"u8).Append(number + 1L).Append("\"}]"u8);
        text.Append(
                ",\"participant\":[{\"type\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ParticipationType\",\"code\":\"ATND\",\"display\":\"attender\"}]}],\"individual\":{\"reference\":\"Practitioner/"u8
            )
            .Append(HospitalIds.Practitioner(visit.Attending))
            .Append("\"}}"u8);
        if (visit.Consultant >= 0)
            text.Append(
                    ",{\"type\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ParticipationType\",\"code\":\"CON\",\"display\":\"consultant\"}]}],\"individual\":{\"reference\":\"Practitioner/"u8
                )
                .Append(HospitalIds.Practitioner(visit.Consultant))
                .Append("\"}}"u8);
        text.Append("],"u8);
        AppendPeriod(visit, text);
        text.Append(",\"location\":[{\"location\":{\"reference\":\"Location/"u8).Append(place.Id).Append("\"},"u8);
        AppendPeriod(visit, text);
        text.Append("}],\"serviceProvider\":{\"reference\":\"Organization/hospital\"}}"u8);
    }

    public void Appointment(int number, Utf8Builder text)
    {
        var visit = care.Visits[number];
        Begin("Appointment", $"appt-{number + 1}", AppointmentTicks(number), text)
            .Append("\"status\":\"fulfilled\",\"start\":\""u8)
            .AppendInstant(visit.StartTicks, 0, 0)
            .Append("\",\"end\":\""u8)
            .AppendInstant(visit.StartTicks + 30 * TimeSpan.TicksPerMinute, 0, 0)
            .Append("\",\"participant\":[{\"actor\":{\"reference\":\"Patient/"u8)
            .Append(HospitalIds.Patient(visit.Patient))
            .Append("\"},\"status\":\"accepted\"},{\"actor\":{\"reference\":\"Practitioner/"u8)
            .Append(HospitalIds.Practitioner(visit.Attending))
            .Append("\"},\"status\":\"accepted\"},{\"actor\":{\"reference\":\"Location/"u8)
            .Append(layout.Places[visit.Place].Id)
            .Append("\"},\"status\":\"accepted\"}]}"u8);
    }

    public long AppointmentTicks(int visit) =>
        Math.Max(Before + TimeSpan.TicksPerDay, care.Visits[visit].StartTicks - (2 + visit % 20) * TimeSpan.TicksPerDay);

    public void CareTeam(int number, Utf8Builder text)
    {
        var visit = care.Visits[number];
        Begin("CareTeam", $"team-{number + 1}", EncounterTicks(number), text).Append("\"status\":\"active\","u8);
        AppendPatient("subject", visit.Patient, text);
        text.Append(",\"encounter\":{\"reference\":\"Encounter/"u8).Append(HospitalIds.Encounter(number)).Append("\"},"u8);
        AppendPeriod(visit, text);
        text.Append(",\"participant\":["u8);
        foreach (var agent in (ReadOnlySpan<int>)[visit.Attending, visit.Nurse1, visit.Nurse2, visit.Consultant])
        {
            if (agent >= 0)
                text.Append("{\"member\":{\"reference\":\"Practitioner/"u8).Append(HospitalIds.Practitioner(agent)).Append("\"}},"u8);
        }
        text.Truncate(text.Length - 1).Append("]}"u8);
    }

    public void Order(int number, Utf8Builder text)
    {
        var order = care.Orders[number];
        var visit = care.Visits[order.Visit];
        var isDrug = order.Kind == OrderKind.Medication;
        Begin(
                isDrug ? "MedicationRequest" : "ServiceRequest",
                $"{(isDrug ? "mr-" : "sr-")}{number + 1}",
                order.Ticks + 2 * TimeSpan.TicksPerSecond,
                text
            )
            .Append("\"status\":\"completed\",\"intent\":\"order\","u8);
        if (isDrug)
        {
            text.Append("\"medicationCodeableConcept\":{\"text\":\""u8).Append(Drugs[number % Drugs.Length]).Append("\"},"u8);
        }
        else if (order.Kind == OrderKind.Laboratory)
        {
            var (code, display) = Tests[number % Tests.Length];
            text.Append("\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\""u8)
                .Append(code)
                .Append("\",\"display\":\""u8)
                .Append(display)
                .Append("\"}]},"u8);
        }
        else
        {
            text.Append("\"code\":{\"text\":\""u8)
                .Append(order.Kind == OrderKind.Therapy ? "Physical therapy" : Examinations[number % Examinations.Length])
                .Append("\"},"u8);
        }
        AppendPatient("subject", visit.Patient, text);
        text.Append(",\"encounter\":{\"reference\":\"Encounter/"u8)
            .Append(HospitalIds.Encounter(order.Visit))
            .Append("\"},\"authoredOn\":\""u8)
            .AppendInstant(order.Ticks, 0, 0)
            .Append("\",\"requester\":{\"reference\":\"Practitioner/"u8)
            .Append(HospitalIds.Practitioner(order.Requester))
            .Append("\"}"u8);
        if (!isDrug)
            text.Append(",\"locationReference\":[{\"reference\":\"Location/"u8)
                .Append(
                    order.Kind switch
                    {
                        OrderKind.Laboratory => "lab",
                        OrderKind.Imaging => "imaging",
                        _ => "therapy",
                    }
                )
                .Append("\"}]"u8);
        text.Append("}"u8);
    }

    /// <summary>When everything that was there before the simulation was written.</summary>
    public long Before => options.Start.UtcTicks - 12 * TimeSpan.TicksPerDay;

    private static Utf8Builder Begin(string type, string id, long ticks, Utf8Builder text) =>
        text.Append("{\"resourceType\":\""u8)
            .Append(type)
            .Append("\",\"id\":\""u8)
            .Append(id)
            .Append("\",\"meta\":{\"versionId\":\"1\",\"lastUpdated\":\""u8)
            .AppendInstant(ticks - ticks % TimeSpan.TicksPerMillisecond, 3, 0)
            .Append("\"},"u8);

    private static void AppendPatient(string name, int patient, Utf8Builder text) =>
        text.Append("\""u8).Append(name).Append("\":{\"reference\":\"Patient/"u8).Append(HospitalIds.Patient(patient)).Append("\"}"u8);

    private static void AppendPeriod(in Visit visit, Utf8Builder text) =>
        text.Append("\"period\":{\"start\":\""u8)
            .AppendInstant(visit.StartTicks, 0, 0)
            .Append("\",\"end\":\""u8)
            .AppendInstant(visit.EndTicks, 0, 0)
            .Append("\"}"u8);

    private static void AppendName(PersonName name, Utf8Builder text) =>
        text.Append("\"name\":[{\"use\":\"official\",\"family\":"u8)
            .AppendJson(name.Family)
            .Append(",\"given\":["u8)
            .AppendJson(name.Given)
            .Append("]}],"u8);

    private static void AppendAddress(HomeAddress address, Utf8Builder text) =>
        text.Append("\"address\":[{\"use\":\"home\",\"line\":[\""u8)
            .Append(address.Number)
            .Append(" "u8)
            .Append(address.Street)
            .Append("\"],\"city\":\""u8)
            .Append(address.Place.City)
            .Append("\",\"state\":\""u8)
            .Append(address.Place.State)
            .Append("\",\"postalCode\":\""u8)
            .Append(address.Place.PostalCode)
            .Append("\"}]"u8);
}

using Interop.Sandbox.Fhir;

namespace Interop.Sandbox.SyntheticData;

/// <summary>Each patient's visits, one after the other over the five years before the data's commit times.</summary>
internal sealed class SyntheticEncounters(SandboxOptions options, SyntheticPatients patients)
    : SyntheticType("Encounter", "enc-", 2, checked(options.Patients * options.EncountersPerPatient), options)
{
    private const int DaysOfHistory = 5 * 365;

    public override int? PatientOf(int number) => IsPatientMissing(number) ? null : number / Options.EncountersPerPatient;

    /// <summary>The start as UTC ticks, within office hours of the clinic.</summary>
    public long StartTicks(int number)
    {
        var random = SplitMix.For(Options.Seed, 0x57A27, number);
        var place = patients.PlaceOf(number / Options.EncountersPerPatient);
        var daysEach = Math.Max(1, DaysOfHistory / Options.EncountersPerPatient);
        var day = number % Options.EncountersPerPatient * daysEach + random.Next(Math.Max(1, daysEach - 10));
        var localMinutes = random.Between(8 * 60, 17 * 60);
        return Options.StartOfData.UtcDateTime.AddDays(day - DaysOfHistory - 10).Date.AddMinutes(localMinutes - place.OffsetMinutes).Ticks;
    }

    protected override void AppendElements(int number, ref SplitMix random, Utf8Builder text)
    {
        var patient = number / Options.EncountersPerPatient;
        var offset = patients.PlaceOf(patient).OffsetMinutes;
        var visit = random.Chance(80) ? ClinicalCodes.Visits[random.Next(4)] : random.Pick(ClinicalCodes.Visits);
        var start = StartTicks(number);
        var end = start + random.Between(visit.MinMinutes, visit.MaxMinutes) * TimeSpan.TicksPerMinute;
        var cancelled = random.Chance(2);

        text.Append("\"identifier\":[{\"use\":\"official\",\"system\":\"urn:oid:2.16.840.1.113883.4.999.2\",\"value\":\"VN-"u8)
            .AppendDigits(number + 1, 9)
            .Append("\"}],\"status\":\""u8)
            .Append(cancelled ? "cancelled" : "finished")
            .Append("\",\"class\":{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\""u8)
            .Append(visit.Class)
            .Append("\",\"display\":\""u8)
            .Append(visit.ClassDisplay)
            .Append("\"},\"type\":[{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":\""u8)
            .Append(visit.Snomed)
            .Append("\",\"display\":\""u8)
            .Append(visit.Display)
            .Append("\"}],\"text\":\""u8)
            .Append(visit.Display)
            .Append("\"}],\"subject\":{\"reference\":\"Patient/"u8);
        SyntheticReferences.AppendPatientId(this, patients, number, patient, text);
        text.Append(
                "\"},\"participant\":[{\"type\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ParticipationType\",\"code\":\"PPRF\",\"display\":\"primary performer\"}]}],\"individual\":{\"display\":\""u8
            )
            .Append(random.Pick(Names.Clinicians))
            .Append("\"}}],\"period\":{\"start\":\""u8)
            .AppendInstant(start, 0, offset)
            .Append("\""u8);
        if (!cancelled)
            text.Append(",\"end\":\""u8).AppendInstant(end, 0, offset).Append("\""u8);
        text.Append("}"u8);
        if (random.Chance(40))
        {
            var diagnosis = random.Pick(ClinicalCodes.Diagnoses);
            text.Append(",\"reasonCode\":[{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":\""u8)
                .Append(diagnosis.Snomed)
                .Append("\",\"display\":\""u8)
                .Append(diagnosis.SnomedDisplay)
                .Append("\"}]}]"u8);
        }
    }
}

using Interop.Sandbox.Fhir;

namespace Interop.Sandbox.SyntheticData;

/// <summary>Problems of each patient, chronic ones active and acute ones resolved, each found at one of the patient's visits.</summary>
internal sealed class SyntheticConditions(SandboxOptions options, SyntheticPatients patients, SyntheticEncounters encounters)
    : SyntheticType("Condition", "con-", 3, checked(options.Patients * options.ConditionsPerPatient), options)
{
    public override int? PatientOf(int number) => IsPatientMissing(number) ? null : number / Options.ConditionsPerPatient;

    protected override void AppendElements(int number, ref SplitMix random, Utf8Builder text)
    {
        var patient = number / Options.ConditionsPerPatient;
        var offset = patients.PlaceOf(patient).OffsetMinutes;
        var diagnosis = random.Pick(ClinicalCodes.Diagnoses);
        var encounter =
            Options.EncountersPerPatient == 0 ? -1 : patient * Options.EncountersPerPatient + random.Next(Options.EncountersPerPatient);
        var onset =
            encounter < 0
                ? Options.StartOfData.UtcTicks - random.Between(20, 1500) * TimeSpan.TicksPerDay
                : encounters.StartTicks(encounter);
        var status = diagnosis.Chronic ? "active" : "resolved";

        text.Append(
                "\"clinicalStatus\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/condition-clinical\",\"code\":\""u8
            )
            .Append(status)
            .Append(
                "\"}]},\"verificationStatus\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/condition-ver-status\",\"code\":\""u8
            )
            .Append(random.Chance(92) ? "confirmed" : "provisional")
            .Append(
                "\"}]},\"category\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/condition-category\",\"code\":\"problem-list-item\",\"display\":\"Problem List Item\"}]}],\"code\":{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":\""u8
            )
            .Append(diagnosis.Snomed)
            .Append("\",\"display\":\""u8)
            .Append(diagnosis.SnomedDisplay)
            .Append("\"},{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\""u8)
            .Append(diagnosis.Icd)
            .Append("\",\"display\":\""u8)
            .Append(diagnosis.IcdDisplay)
            .Append("\"}],\"text\":\""u8)
            .Append(diagnosis.IcdDisplay)
            .Append("\"},\"subject\":{\"reference\":\"Patient/"u8);
        SyntheticReferences.AppendPatientId(this, patients, number, patient, text);
        text.Append("\"},"u8);
        if (encounter >= 0)
        {
            text.Append("\"encounter\":{\"reference\":\"Encounter/"u8);
            encounters.AppendId(encounter, text).Append("\"},"u8);
        }
        text.Append("\"onsetDateTime\":\""u8);
        // Onset dates have the precision of a year or a month; recorded dates have more.
        switch (random.Next(10))
        {
            case 0:
                text.AppendDigits(new DateTime(onset).Year, 4);
                break;
            case 1:
                text.AppendDigits(new DateTime(onset).Year, 4).Append("-"u8).AppendDigits(new DateTime(onset).Month, 2);
                break;
            case 2:
                text.AppendDate(new DateTime(onset));
                break;
            default:
                text.AppendInstant(onset, 0, offset);
                break;
        }
        text.Append("\""u8);
        if (!diagnosis.Chronic)
            text.Append(",\"abatementDateTime\":\""u8)
                .AppendInstant(onset + random.Between(4, 18) * TimeSpan.TicksPerDay, 0, offset)
                .Append("\""u8);
        text.Append(",\"recordedDate\":\""u8)
            .AppendInstant(onset + random.Between(2, 40) * TimeSpan.TicksPerMinute, 0, offset)
            .Append("\""u8);
    }
}

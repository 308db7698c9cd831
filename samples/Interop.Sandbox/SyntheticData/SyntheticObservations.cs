using Interop.Sandbox.Fhir;

namespace Interop.Sandbox.SyntheticData;

/// <summary>Vital signs, laboratory values and a little social history, spread over the patient's visits.</summary>
internal sealed class SyntheticObservations(SandboxOptions options, SyntheticPatients patients, SyntheticEncounters encounters)
    : SyntheticType("Observation", "obs-", 4, checked(options.Patients * options.ObservationsPerPatient), options)
{
    public override int? PatientOf(int number) => IsPatientMissing(number) ? null : number / Options.ObservationsPerPatient;

    protected override void AppendElements(int number, ref SplitMix random, Utf8Builder text)
    {
        var patient = number / Options.ObservationsPerPatient;
        var offset = patients.PlaceOf(patient).OffsetMinutes;
        var encounter =
            Options.EncountersPerPatient == 0
                ? -1
                : patient * Options.EncountersPerPatient
                    + (int)(
                        (long)(number % Options.ObservationsPerPatient) * Options.EncountersPerPatient / Options.ObservationsPerPatient
                    );
        var taken =
            random.Between(5, 25) * TimeSpan.TicksPerMinute
            + (
                encounter < 0
                    ? Options.StartOfData.UtcTicks - random.Between(20, 1500) * TimeSpan.TicksPerDay
                    : encounters.StartTicks(encounter)
            );
        var which = random.Next(100);
        var kind = which switch
        {
            < 9 => ObservationKind.BloodPressure,
            < 12 => ObservationKind.SmokingStatus,
            < 14 => ObservationKind.UrineAppearance,
            _ => random.Pick(ObservationKind.Quantities),
        };

        text.Append("\"identifier\":[{\"system\":\"urn:oid:2.16.840.1.113883.4.999.3\",\"value\":\"R"u8)
            .AppendDigits(number + 1, 10)
            .Append("\"}],\"status\":\""u8)
            .Append(
                random.Next(100) switch
                {
                    < 94 => "final",
                    < 97 => "amended",
                    < 99 => "preliminary",
                    _ => "corrected",
                }
            )
            .Append("\","u8)
            .Append(kind.CategoryAndCode)
            .Append("\"subject\":{\"reference\":\"Patient/"u8);
        SyntheticReferences.AppendPatientId(this, patients, number, patient, text);
        text.Append("\"},"u8);
        if (encounter >= 0)
        {
            text.Append("\"encounter\":{\"reference\":\"Encounter/"u8);
            encounters.AppendId(encounter, text).Append("\"},"u8);
        }
        text.Append("\"effectiveDateTime\":\""u8)
            .AppendInstant(taken, 0, offset)
            .Append("\",\"issued\":\""u8)
            .AppendInstant(
                taken + random.Between(60, 9000) * TimeSpan.TicksPerSecond + random.Next(1000) * TimeSpan.TicksPerMillisecond,
                3,
                offset
            )
            .Append("\",\"performer\":[{\"display\":\""u8)
            .Append(random.Pick(Names.Clinicians))
            .Append("\"}]"u8);

        if (kind == ObservationKind.BloodPressure)
            AppendBloodPressure(ref random, text);
        else if (kind == ObservationKind.SmokingStatus)
            AppendSmokingStatus(ref random, text);
        else if (kind == ObservationKind.UrineAppearance)
            text.Append(",\"valueString\":\""u8).Append(random.Pick(ObservationKind.UrineAppearances)).Append("\""u8);
        else if (random.Chance(2))
            text.Append(
                ",\"dataAbsentReason\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/data-absent-reason\",\"code\":\"error\",\"display\":\"Error\"}],\"text\":\"Specimen hemolyzed\"}"u8
            );
        else
            AppendQuantity(kind, ref random, text);
    }

    private static void AppendQuantity(ObservationKind kind, ref SplitMix random, Utf8Builder text)
    {
        var value = kind.Draw(ref random);
        text.Append(",\"valueQuantity\":{\"value\":"u8)
            .AppendDecimal(value, kind.Decimals)
            .Append(kind.Unit)
            .Append(
                ",\"interpretation\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation\",\"code\":\""u8
            )
            .Append(
                value < kind.Low ? "L\",\"display\":\"Low"u8
                : value > kind.High ? "H\",\"display\":\"High"u8
                : "N\",\"display\":\"Normal"u8
            )
            .Append("\"}]}],\"referenceRange\":[{\"low\":{\"value\":"u8)
            .AppendDecimal(kind.Low, kind.Decimals)
            .Append(kind.Unit)
            .Append(",\"high\":{\"value\":"u8)
            .AppendDecimal(kind.High, kind.Decimals)
            .Append(kind.Unit)
            .Append("}]"u8);
    }

    private static void AppendBloodPressure(ref SplitMix random, Utf8Builder text)
    {
        var systolic = ObservationKind.BloodPressure.Draw(ref random);
        var diastolic = Math.Max(35, systolic * 62 / 100 + random.Between(-8, 8));
        text.Append(
                ",\"component\":[{\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"8480-6\",\"display\":\"Systolic blood pressure\"}]},\"valueQuantity\":{\"value\":"u8
            )
            .Append(systolic)
            .Append(ObservationKind.BloodPressure.Unit)
            .Append(
                "},{\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"8462-4\",\"display\":\"Diastolic blood pressure\"}]},\"valueQuantity\":{\"value\":"u8
            )
            .Append(diastolic)
            .Append(ObservationKind.BloodPressure.Unit)
            .Append("}]"u8);
    }

    private static void AppendSmokingStatus(ref SplitMix random, Utf8Builder text)
    {
        var (code, display) = random.Pick(ObservationKind.SmokingStatuses);
        text.Append(",\"valueCodeableConcept\":{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":\""u8)
            .Append(code)
            .Append("\",\"display\":\""u8)
            .Append(display)
            .Append("\"}],\"text\":\""u8)
            .Append(display)
            .Append("\"}"u8);
    }
}

using Interop.Sandbox.Fhir;

namespace Interop.Sandbox.SyntheticData;

/// <summary>Adults, born 1932-2006, so that every value of the other types is plausible at every visit.</summary>
internal sealed class SyntheticPatients(SandboxOptions options) : SyntheticType("Patient", "pat-", 1, options.Patients, options)
{
    private static readonly (string Code, string Display)[] MaritalStatuses =
    [
        ("M", "Married"),
        ("S", "Never Married"),
        ("D", "Divorced"),
        ("W", "Widowed"),
        ("T", "Domestic partner"),
    ];

    public override int? PatientOf(int number) => null;

    public bool IsLate(int number) => OnePerBlock(number, Options.LatePatientShare, 0x1A7E, out _) && DefectOf(number) == Defect.None;

    /// <summary>The place of the patient's clinic, computed without rendering the patient.</summary>
    public Names.Place PlaceOf(int number) => SplitMix.For(Options.Seed, 0x91ACE, number).Pick(Names.Places);

    protected override void AppendElements(int number, ref SplitMix random, Utf8Builder text)
    {
        var origin = random.Pick(Names.Origins);
        var gender = random.Next(1000) switch
        {
            < 494 => "male",
            < 988 => "female",
            < 996 => "other",
            _ => "unknown",
        };
        var given = gender switch
        {
            "male" => origin.Men,
            "female" => origin.Women,
            _ => random.Chance(50) ? origin.Men : origin.Women,
        };
        var family = random.Pick(origin.Families);
        var place = PlaceOf(number);

        text.Append(
                "\"identifier\":[{\"use\":\"usual\",\"type\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v2-0203\",\"code\":\"MR\",\"display\":\"Medical record number\"}]},\"system\":\"urn:oid:2.16.840.1.113883.4.999.1\",\"value\":\"MRN-"u8
            )
            .AppendDigits(number + 1, 8)
            .Append("\"}],\"active\":true,\"name\":["u8);
        // A nickname before the official name: a reader that takes the first name element gets the wrong name.
        if (random.Chance(8))
            text.Append("{\"use\":\"nickname\",\"given\":[\""u8).Append(random.Pick(given)).Append("\"]},"u8);
        text.Append("{\"use\":\"official\",\"family\":\""u8)
            .Append(family)
            .Append("\",\"given\":[\""u8)
            .Append(random.Pick(given))
            .Append("\""u8);
        if (random.Chance(35))
            text.Append(",\""u8).Append(random.Pick(given)).Append("\""u8);
        text.Append("]}],\"telecom\":[{\"system\":\"phone\",\"value\":\"+1-555-"u8)
            .AppendDigits(random.Next(1000), 3)
            .Append("-"u8)
            .AppendDigits(random.Next(10000), 4)
            .Append("\",\"use\":\""u8)
            .Append(random.Chance(70) ? "mobile" : "home")
            .Append("\"}],\"gender\":\""u8)
            .Append(gender)
            .Append("\",\"birthDate\":\""u8);
        AppendBirthDate(ref random, text);
        text.Append("\","u8);
        if (random.Chance(3))
            text.Append("\"deceasedDateTime\":\"2025-12-"u8).AppendDigits(random.Between(1, 31), 2).Append("\","u8);
        text.Append("\"address\":[{\"use\":\"home\",\"line\":[\""u8)
            .Append(random.Between(1, 990))
            .Append(" "u8)
            .Append(random.Pick(Names.Streets))
            .Append("\"],\"city\":\""u8)
            .Append(place.City)
            .Append("\",\"state\":\""u8)
            .Append(place.State)
            .Append("\",\"postalCode\":\""u8)
            .Append(place.PostalCode)
            .Append("\",\"country\":\""u8)
            .Append(place.State == "IS" ? "IS" : "US")
            .Append("\"}],"u8);
        var (code, display) = random.Pick(MaritalStatuses);
        text.Append("\"maritalStatus\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus\",\"code\":\""u8)
            .Append(code)
            .Append("\",\"display\":\""u8)
            .Append(display)
            .Append("\"}],\"text\":\""u8)
            .Append(display)
            .Append("\"},\"communication\":[{\"language\":{\"coding\":[{\"system\":\"urn:ietf:bcp:47\",\"code\":\""u8)
            .Append(origin.Language)
            .Append("\",\"display\":\""u8)
            .Append(origin.LanguageDisplay)
            .Append("\"}],\"text\":\""u8)
            .Append(origin.LanguageDisplay)
            .Append("\"},\"preferred\":true}]"u8);
    }

    /// <summary>R4 dates may be partial: a few are a year, or a year and month.</summary>
    private static void AppendBirthDate(ref SplitMix random, Utf8Builder text)
    {
        text.AppendDigits(random.Between(1932, 2006), 4);
        var precision = random.Next(100);
        if (precision >= 1)
            text.Append("-"u8).AppendDigits(random.Between(1, 12), 2);
        if (precision >= 3)
            text.Append("-"u8).AppendDigits(random.Between(1, 28), 2);
    }
}

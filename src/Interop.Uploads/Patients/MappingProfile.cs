using System.Text.Json;

namespace Interop.Uploads.Patients;

/// <summary>How the columns of a CSV become a Patient and Conditions or Observations. Profiles are JSON files.</summary>
internal sealed record MappingProfile
{
    public required string Name { get; init; }

    public required IdentifierMapping Identifier { get; init; }

    /// <summary>The column of the full name: the last word is the family name.</summary>
    public required string NameColumn { get; init; }

    public CodedMapping? Gender { get; init; }

    public DateMapping? BirthDate { get; init; }

    public string? PhoneColumn { get; init; }

    public string? CountryColumn { get; init; }

    public TermMapping? Terms { get; init; }

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    /// <exception cref="JsonException">The text is no profile.</exception>
    public static MappingProfile Parse(Stream json) =>
        JsonSerializer.Deserialize<MappingProfile>(json, Json) ?? throw new JsonException("A profile is a JSON object.");
}

/// <param name="Format">`cpf` checks and normalizes a Brazilian CPF; null keeps the text.</param>
internal sealed record IdentifierMapping(string Column, string System, string? Format = null);

/// <param name="Values">From a term of the file, in any case, to a code.</param>
internal sealed record CodedMapping(string Column, Dictionary<string, string> Values, string Otherwise);

/// <param name="Format">A .NET date format such as `dd/MM/yyyy`.</param>
internal sealed record DateMapping(string Column, string Format);

/// <param name="Separator">Between several terms of one field.</param>
/// <param name="Codes">The codes of terms, in any case, before those of the terminology.</param>
internal sealed record TermMapping(string Column, string Separator = "|", Dictionary<string, TermCode>? Codes = null);

/// <param name="System">Such as `http://snomed.info/sct`.</param>
/// <param name="IsObservation">Whether the term becomes an Observation instead of a Condition.</param>
internal sealed record TermCode(string System, string Code, string Display, bool IsObservation = false);

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Interop.Uploads.Csv;

namespace Interop.Uploads.Patients;

/// <summary>A Condition or Observation of a row.</summary>
/// <param name="Condition">The search that finds it, escaped for a URL.</param>
internal sealed record TermResource(string ResourceType, string Condition);

/// <summary>
/// The resources of one row as JSON: the Patient, found by its identifier, and a Condition or Observation for each term, found by an
/// identifier that is derived from the patient's identifier and the code. So a row that is sent again, from this file or a corrected copy,
/// doubles nothing.
/// </summary>
internal sealed class PatientResources
{
    private const string EntrySystem = "urn:interop:upload-entry";

    private readonly MappingProfile _profile;
    private readonly PatientRow _row;
    private readonly IReadOnlyList<(string Term, CodedTerm? Code)> _terms;
    private readonly string[] _keys;
    private readonly DateTimeOffset _now;

    public PatientResources(MappingProfile profile, PatientRow row, IReadOnlyList<(string Term, CodedTerm? Code)> terms, DateTimeOffset now)
    {
        (_profile, _row, _terms, _now) = (profile, row, terms, now);
        _keys = [.. terms.Select(term => EntryKey(profile, row, term.Term, term.Code))];
        Terms =
        [
            .. terms.Select(
                (term, i) =>
                    new TermResource(term.Code is { IsObservation: true } ? "Observation" : "Condition", Search(EntrySystem, _keys[i]))
            ),
        ];
    }

    /// <summary>The search that finds the patient, escaped for a URL.</summary>
    public string PatientCondition => Search(_profile.Identifier.System, _row.Identifier);

    public IReadOnlyList<TermResource> Terms { get; }

    /// <summary>All resources with conditional entries: the Patient is updated, the terms are created.</summary>
    public byte[] Transaction() =>
        Write(json =>
        {
            var patientUrl = $"urn:uuid:{Guid.NewGuid()}";
            json.WriteStartObject();
            json.WriteString("resourceType", "Bundle");
            json.WriteString("type", "transaction");
            json.WriteStartArray("entry");
            json.WriteStartObject();
            json.WriteString("fullUrl", patientUrl);
            json.WritePropertyName("resource");
            WritePatient(json, _profile, _row, id: null);
            WriteRequest(json, "PUT", $"Patient?{PatientCondition}", null);
            json.WriteEndObject();
            for (var i = 0; i < _terms.Count; i++)
            {
                json.WriteStartObject();
                json.WriteString("fullUrl", $"urn:uuid:{Guid.NewGuid()}");
                json.WritePropertyName("resource");
                WriteTerm(json, Terms[i].ResourceType, _keys[i], _terms[i].Term, _terms[i].Code, patientUrl, _now);
                WriteRequest(json, "POST", Terms[i].ResourceType, Terms[i].Condition);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        });

    /// <param name="id">The id on the server, for an update; null for a new patient.</param>
    public byte[] Patient(string? id) => Write(json => WritePatient(json, _profile, _row, id));

    /// <summary>The resource of a term.</summary>
    public byte[] Term(int index, string patientReference) =>
        Write(json =>
            WriteTerm(json, Terms[index].ResourceType, _keys[index], _terms[index].Term, _terms[index].Code, patientReference, _now)
        );

    private static string Search(string system, string value) => $"identifier={Uri.EscapeDataString($"{system}|{value}")}";

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream(2048);
        using (var json = new Utf8JsonWriter(stream))
            write(json);
        return stream.ToArray();
    }

    private static void WritePatient(Utf8JsonWriter json, MappingProfile profile, PatientRow row, string? id)
    {
        json.WriteStartObject();
        json.WriteString("resourceType", "Patient");
        if (id is not null)
            json.WriteString("id", id);
        WriteIdentifier(json, profile.Identifier.System, row.Identifier);
        json.WriteStartArray("name");
        json.WriteStartObject();
        json.WriteString("family", row.Family);
        if (row.Given.Count > 0)
        {
            json.WriteStartArray("given");
            foreach (var given in row.Given)
                json.WriteStringValue(given);
            json.WriteEndArray();
        }
        json.WriteEndObject();
        json.WriteEndArray();
        if (row.Phone is { } phone)
        {
            json.WriteStartArray("telecom");
            json.WriteStartObject();
            json.WriteString("system", "phone");
            json.WriteString("value", phone);
            json.WriteEndObject();
            json.WriteEndArray();
        }
        if (row.Gender is { } gender)
            json.WriteString("gender", gender);
        if (row.BirthDate is { } birthDate)
            json.WriteString("birthDate", birthDate.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        if (row.Country is { } country)
        {
            json.WriteStartArray("address");
            json.WriteStartObject();
            json.WriteString("country", country);
            json.WriteEndObject();
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void WriteTerm(
        Utf8JsonWriter json,
        string type,
        string key,
        string term,
        CodedTerm? code,
        string patientReference,
        DateTimeOffset now
    )
    {
        var instant = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        json.WriteStartObject();
        json.WriteString("resourceType", type);
        WriteIdentifier(json, EntrySystem, key);
        if (type == "Observation")
        {
            json.WriteString("status", "final");
        }
        else
        {
            WriteCode(json, "clinicalStatus", "http://terminology.hl7.org/CodeSystem/condition-clinical", "active", null, null);
            WriteCode(json, "verificationStatus", "http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed", null, null);
        }
        WriteCode(json, "code", code?.System, code?.Code, code?.Display, term);
        json.WriteStartObject("subject");
        json.WriteString("reference", patientReference);
        json.WriteEndObject();
        json.WriteString(type == "Observation" ? "effectiveDateTime" : "recordedDate", instant);
        if (type == "Observation")
            json.WriteBoolean("valueBoolean", true);
        json.WriteEndObject();
    }

    private static void WriteCode(Utf8JsonWriter json, string name, string? system, string? code, string? display, string? text)
    {
        json.WriteStartObject(name);
        if (code is not null)
        {
            json.WriteStartArray("coding");
            json.WriteStartObject();
            json.WriteString("system", system);
            json.WriteString("code", code);
            if (display is not null)
                json.WriteString("display", display);
            json.WriteEndObject();
            json.WriteEndArray();
        }
        if (text is not null)
            json.WriteString("text", text);
        json.WriteEndObject();
    }

    private static void WriteIdentifier(Utf8JsonWriter json, string system, string value)
    {
        json.WriteStartArray("identifier");
        json.WriteStartObject();
        json.WriteString("system", system);
        json.WriteString("value", value);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteRequest(Utf8JsonWriter json, string method, string url, string? ifNoneExist)
    {
        json.WriteStartObject("request");
        json.WriteString("method", method);
        json.WriteString("url", url);
        if (ifNoneExist is not null)
            json.WriteString("ifNoneExist", ifNoneExist);
        json.WriteEndObject();
    }

    private static string EntryKey(MappingProfile profile, PatientRow row, string term, CodedTerm? code) =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{profile.Identifier.System}|{row.Identifier}|{code?.Code ?? ColumnName.Fold(term)}"))
        );
}

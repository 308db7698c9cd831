using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Interop.Uploads.Csv;

namespace Interop.Uploads.Patients;

/// <summary>
/// The transaction of one row: the Patient by conditional update on its identifier, and each term by conditional create on an identifier
/// that is derived from the patient's identifier and the code. So a row that is sent again, from this file or a corrected copy, doubles
/// nothing.
/// </summary>
internal static class PatientBundle
{
    private const string EntrySystem = "urn:interop:upload-entry";

    public static byte[] Write(
        MappingProfile profile,
        PatientRow row,
        IReadOnlyList<(string Term, CodedTerm? Code)> terms,
        DateTimeOffset now
    )
    {
        using var stream = new MemoryStream(2048);
        using (var json = new Utf8JsonWriter(stream))
        {
            var patientUrl = $"urn:uuid:{Guid.NewGuid()}";
            json.WriteStartObject();
            json.WriteString("resourceType", "Bundle");
            json.WriteString("type", "transaction");
            json.WriteStartArray("entry");
            json.WriteStartObject();
            json.WriteString("fullUrl", patientUrl);
            json.WritePropertyName("resource");
            WritePatient(json, profile, row);
            WriteRequest(json, "PUT", $"Patient?identifier={Uri.EscapeDataString($"{profile.Identifier.System}|{row.Identifier}")}", null);
            json.WriteEndObject();
            foreach (var (term, code) in terms)
            {
                var key = EntryKey(profile, row, term, code);
                var type = code is { IsObservation: true } ? "Observation" : "Condition";
                json.WriteStartObject();
                json.WriteString("fullUrl", $"urn:uuid:{Guid.NewGuid()}");
                json.WritePropertyName("resource");
                WriteTerm(json, type, key, term, code, patientUrl, now);
                WriteRequest(json, "POST", type, $"identifier={Uri.EscapeDataString($"{EntrySystem}|{key}")}");
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    private static void WritePatient(Utf8JsonWriter json, MappingProfile profile, PatientRow row)
    {
        json.WriteStartObject();
        json.WriteString("resourceType", "Patient");
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
        string patientUrl,
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
        json.WriteString("reference", patientUrl);
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

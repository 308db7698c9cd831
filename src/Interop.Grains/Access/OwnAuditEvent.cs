using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Interop.Access;

/// <summary>
/// Writes a record as a FHIR R4 AuditEvent in the shapes of IHE Basic Audit Log Patterns (BALP 1.1: Read, Query, Create, Update, Delete;
/// and
/// DICOM's codes for export, import, login and logout).
/// </summary>
internal static class OwnAuditEvent
{
    private const string EventType = "http://terminology.hl7.org/CodeSystem/audit-event-type";
    private const string Interaction = "http://hl7.org/fhir/restful-interaction";
    private const string Dicom = "http://dicom.nema.org/resources/ontology/DCM";
    private const string ParticipationType = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
    private const string EntityType = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
    private const string EntityRole = "http://terminology.hl7.org/CodeSystem/object-role";
    private const string BalpEntityType = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";
    private const string CallerSystem = "urn:interop:caller";
    private const string RoleSystem = "urn:interop:role";
    private const string OperationSystem = "urn:interop:operation";

    /// <summary>A Bundle of the events, like a server's notification.</summary>
    public static string Bundle(IEnumerable<AuditRecord> records, string device)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("resourceType", "Bundle");
            json.WriteString("type", "collection");
            json.WriteStartArray("entry");
            foreach (var record in records)
            {
                json.WriteStartObject();
                json.WritePropertyName("resource");
                Write(json, record, device);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void Write(Utf8JsonWriter json, AuditRecord record, string device)
    {
        var (type, subtype, action) = Codes(record.Action);
        json.WriteStartObject();
        json.WriteString("resourceType", "AuditEvent");
        json.WriteString("id", record.Id);
        WriteCoding(json, "type", type);
        json.WriteStartArray("subtype");
        WriteCoding(json, null, subtype);
        WriteCoding(json, null, (OperationSystem, record.Operation, null));
        json.WriteEndArray();
        json.WriteString("action", action);
        json.WriteString("recorded", record.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("outcome", Outcome(record.Status));
        if (record.Status >= 400)
            json.WriteString("outcomeDesc", $"HTTP {record.Status}");
        json.WriteStartArray("agent");
        WriteCaller(json, record);
        WriteServer(json, device);
        json.WriteEndArray();
        json.WriteStartObject("source");
        json.WriteString("site", "interop");
        WriteDisplay(json, "observer", device);
        json.WriteEndObject();
        json.WriteStartArray("entity");
        WriteEntities(json, record);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static (
        (string System, string Code, string? Display) Type,
        (string System, string Code, string? Display) Subtype,
        string Action
    ) Codes(AuditAction action)
    {
        var rest = (EventType, "rest", "Restful Operation");
        return action switch
        {
            AuditAction.Read => (rest, (Interaction, "read", "read"), "R"),
            AuditAction.Query => (rest, (Interaction, "search", "search"), "E"),
            AuditAction.Create => (rest, (Interaction, "create", "create"), "C"),
            AuditAction.Update => (rest, (Interaction, "update", "update"), "U"),
            AuditAction.Delete => (rest, (Interaction, "delete", "delete"), "D"),
            AuditAction.Export => ((Dicom, "110106", "Export"), (Interaction, "operation", "operation"), "R"),
            AuditAction.Import => ((Dicom, "110107", "Import"), (Interaction, "operation", "operation"), "C"),
            AuditAction.Login => ((Dicom, "110114", "User Authentication"), (Dicom, "110122", "Login"), "E"),
            AuditAction.Logout => ((Dicom, "110114", "User Authentication"), (Dicom, "110123", "Logout"), "E"),
            _ => (rest, (Interaction, "operation", "operation"), "E"),
        };
    }

    /// <summary>0 success, 4 refused, 8 failed.</summary>
    private static string Outcome(int status) =>
        status < 400 ? "0"
        : status < 500 ? "4"
        : "8";

    private static void WriteCaller(Utf8JsonWriter json, AuditRecord record)
    {
        json.WriteStartObject();
        WriteConcept(json, "type", (ParticipationType, "IRCP", "information recipient"));
        if (record.Role is { } role)
        {
            json.WriteStartArray("role");
            WriteConcept(json, null, (RoleSystem, role, null));
            json.WriteEndArray();
        }
        json.WriteStartObject("who");
        json.WriteStartObject("identifier");
        json.WriteString("system", CallerSystem);
        json.WriteString("value", record.Caller ?? "unknown");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteBoolean("requestor", true);
        if (record.Address is { } address)
        {
            json.WriteStartObject("network");
            json.WriteString("address", address);
            json.WriteString("type", "2"); // an IP address
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteServer(Utf8JsonWriter json, string device)
    {
        json.WriteStartObject();
        WriteConcept(json, "type", (Dicom, "110153", "Source Role ID"));
        WriteDisplay(json, "who", device);
        json.WriteBoolean("requestor", false);
        json.WriteEndObject();
    }

    private static void WriteEntities(Utf8JsonWriter json, AuditRecord record)
    {
        if (record.Patient is { } patient)
        {
            json.WriteStartObject();
            json.WriteStartObject("what");
            json.WriteString("reference", patient);
            json.WriteEndObject();
            WriteCoding(json, "type", (EntityType, "1", "Person"));
            WriteCoding(json, "role", (EntityRole, "1", "Patient"));
            json.WriteEndObject();
        }

        json.WriteStartObject();
        WriteCoding(json, "type", (EntityType, "2", "System Object"));
        WriteCoding(json, "role", (EntityRole, "24", "Query"));
        // Either a name or a query (R4, sev-1).
        if (record.Patient is null && record.Action is AuditAction.Read or AuditAction.Query or AuditAction.Export)
            json.WriteBase64String("query", Encoding.UTF8.GetBytes($"{record.Path}?{record.Query}"));
        else
            json.WriteString("name", record.Path);
        json.WriteEndObject();

        json.WriteStartObject();
        json.WriteStartObject("what");
        json.WriteStartObject("identifier");
        json.WriteString("value", record.RequestId);
        json.WriteEndObject();
        json.WriteEndObject();
        WriteCoding(json, "type", (BalpEntityType, "XrequestId", null));
        json.WriteEndObject();
    }

    private static void WriteDisplay(Utf8JsonWriter json, string name, string display)
    {
        json.WriteStartObject(name);
        json.WriteString("display", display);
        json.WriteEndObject();
    }

    private static void WriteConcept(Utf8JsonWriter json, string? name, (string System, string Code, string? Display) code)
    {
        if (name is null)
            json.WriteStartObject();
        else
            json.WriteStartObject(name);
        json.WriteStartArray("coding");
        WriteCoding(json, null, code);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteCoding(Utf8JsonWriter json, string? name, (string System, string Code, string? Display) code)
    {
        if (name is null)
            json.WriteStartObject();
        else
            json.WriteStartObject(name);
        json.WriteString("system", code.System);
        json.WriteString("code", code.Code);
        if (code.Display is not null)
            json.WriteString("display", code.Display);
        json.WriteEndObject();
    }
}

using System.Text;
using Interop.Sandbox.Fhir;
using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Hospital;

/// <summary>
/// Renders accesses as R4 AuditEvents. The record application writes the shapes of IHE Basic Audit Log Patterns
/// (https://profiles.ihe.net/ITI/BALP/), the laboratory and imaging systems plain DICOM codes, the billing system login names only. Nothing
/// in the text depends on the label.
/// </summary>
internal sealed class AuditEventWriter(HospitalOptions options, HospitalLayout layout, Staff staff)
{
    internal static readonly string[] Types =
    [
        "Patient",
        "Encounter",
        "Observation",
        "Condition",
        "MedicationRequest",
        "ServiceRequest",
        "DiagnosticReport",
        "DocumentReference",
        "Appointment",
        "CarePlan",
        "Claim",
        "MedicationDispense",
        "Procedure",
        "None",
    ];

    private static readonly string[] Prefixes =
    [
        "pat-",
        "enc-",
        "obs-",
        "cond-",
        "mr-",
        "sr-",
        "rep-",
        "doc-",
        "app-",
        "plan-",
        "claim-",
        "disp-",
        "proc-",
        "",
    ];
    private static readonly string[] Queries =
    [
        "category=vital-signs&_count=50",
        "category=laboratory&_sort=-date",
        "_count=100",
        "code=2339-0&_sort=-date",
        "category=vital-signs&_sort=-date&_count=20",
    ];
    private static readonly string[] Purposes = ["TREAT", "HOPERAT", "HPAYMT", "ETREAT", "BTG", "PATRQT", "SYSADMIN"];
    private static readonly string[] PurposeDisplays =
    [
        "treatment",
        "healthcare operations",
        "healthcare payment",
        "Emergency Treatment",
        "break the glass",
        "patient requested",
        "health system administration",
    ];

    private enum Application
    {
        Records,
        Laboratory,
        Imaging,
        Billing,
        Portal,
        Interface,
    }

    private static readonly string[] Devices = ["ehr", "lis", "pacs", "billing-app", "portal", "interface-engine"];

    /// <summary>The whole event with id and meta.</summary>
    public void Render(long number, in AccessRecord record, Utf8Builder text)
    {
        text.Append("{\"resourceType\":\"AuditEvent\",\"id\":\"ae-"u8)
            .Append(number)
            .Append("\",\"meta\":{\"versionId\":\"1\",\"lastUpdated\":\""u8)
            .AppendInstant(record.Ticks, 3, 0)
            .Append("\"},"u8);
        RenderElements(number, record, text);
    }

    /// <summary>The event without id and meta, for a client that creates it.</summary>
    public byte[] RenderNew(long number, in AccessRecord record)
    {
        var builder = new Utf8Builder(2048);
        builder.Append("{\"resourceType\":\"AuditEvent\","u8);
        RenderElements(number, record, builder);
        return builder.Span.ToArray();
    }

    private void RenderElements(long number, in AccessRecord record, Utf8Builder text)
    {
        var random = SplitMix.For(options.Seed, 0xAE7, number);
        var member = record.Agent < 0 ? null : staff.Members[record.Agent];
        var application = member?.Role switch
        {
            null => Application.Portal,
            HospitalRole.LabTechnician => Application.Laboratory,
            HospitalRole.Radiographer => Application.Imaging,
            HospitalRole.BillingClerk => Application.Billing,
            HospitalRole.System => Application.Interface,
            _ => Application.Records,
        };
        AppendKind(record, application, text);
        text.Append("\"recorded\":\""u8)
            .AppendInstant(record.Ticks - record.DelayMilliseconds * TimeSpan.TicksPerMillisecond, 3, 0)
            .Append("\",\"outcome\":\""u8)
            .Append(
                record.Action != AccessAction.FailedLogin ? "0"
                : random.Chance(85) ? "4"
                : "8"
            )
            .Append("\","u8);
        if (record.Action == AccessAction.FailedLogin)
            text.Append("\"outcomeDesc\":\"Invalid user name or password\","u8);
        var hasPurpose = record.Action is not (AccessAction.Login or AccessAction.FailedLogin or AccessAction.Logout);
        if (hasPurpose && application is Application.Records or Application.Portal or Application.Interface)
            AppendPurpose("purposeOfEvent", record.Purpose, text);
        text.Append("\"agent\":["u8);
        if (application is Application.Records or Application.Portal)
            AppendClient(record, text);
        AppendUser(record, member, application, hasPurpose, text);
        text.Append("],\"source\":{\"site\":\""u8)
            .Append(record.Location == Workstations.Outside ? "Remote access" : layout.Places[record.Location].Name)
            .Append("\",\"observer\":{\"reference\":\"Device/"u8)
            .Append(Devices[(int)application])
            .Append(
                "\"},\"type\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/security-source-type\",\"code\":\"4\",\"display\":\"Application Server\"}]}"u8
            );
        AppendEntities(record, ref random, text);
        text.Append("}"u8);
    }

    private static void AppendKind(in AccessRecord record, Application application, Utf8Builder text)
    {
        switch (record.Action)
        {
            case AccessAction.Login or AccessAction.FailedLogin:
                text.Append(
                    "\"type\":{\"system\":\"http://dicom.nema.org/resources/ontology/DCM\",\"code\":\"110114\",\"display\":\"User Authentication\"},\"subtype\":[{\"system\":\"http://dicom.nema.org/resources/ontology/DCM\",\"code\":\"110122\",\"display\":\"Login\"}],\"action\":\"E\","u8
                );
                return;
            case AccessAction.Logout:
                text.Append(
                    "\"type\":{\"system\":\"http://dicom.nema.org/resources/ontology/DCM\",\"code\":\"110114\",\"display\":\"User Authentication\"},\"subtype\":[{\"system\":\"http://dicom.nema.org/resources/ontology/DCM\",\"code\":\"110123\",\"display\":\"Logout\"}],\"action\":\"E\","u8
                );
                return;
            case AccessAction.Export:
                text.Append(
                    "\"type\":{\"system\":\"http://dicom.nema.org/resources/ontology/DCM\",\"code\":\"110106\",\"display\":\"Export\"},\"action\":\"R\","u8
                );
                return;
        }
        if (application is Application.Laboratory or Application.Imaging or Application.Billing)
        {
            text.Append(
                    "\"type\":{\"system\":\"http://dicom.nema.org/resources/ontology/DCM\",\"code\":\"110110\",\"display\":\"Patient Record\"},\"action\":\""u8
                )
                .Append(
                    record.Action switch
                    {
                        AccessAction.Create => "C",
                        AccessAction.Update => "U",
                        AccessAction.Delete => "D",
                        AccessAction.Search => "E",
                        _ => "R",
                    }
                )
                .Append("\","u8);
            return;
        }
        var (code, action) = record.Action switch
        {
            AccessAction.Search => ("search-type", "E"),
            AccessAction.Create => ("create", "C"),
            AccessAction.Update => ("update", "U"),
            AccessAction.Delete => ("delete", "D"),
            _ => ("read", "R"),
        };
        text.Append(
                "\"type\":{\"system\":\"http://terminology.hl7.org/CodeSystem/audit-event-type\",\"code\":\"rest\",\"display\":\"RESTful Operation\"},\"subtype\":[{\"system\":\"http://hl7.org/fhir/restful-interaction\",\"code\":\""u8
            )
            .Append(code)
            .Append("\",\"display\":\""u8)
            .Append(code)
            .Append("\"}],\"action\":\""u8)
            .Append(action)
            .Append("\","u8);
    }

    private static void AppendPurpose(string name, Purpose purpose, Utf8Builder text) =>
        text.Append("\""u8)
            .Append(name)
            .Append("\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActReason\",\"code\":\""u8)
            .Append(Purposes[(int)purpose])
            .Append("\",\"display\":\""u8)
            .Append(PurposeDisplays[(int)purpose])
            .Append("\"}]}],"u8);

    /// <summary>The workstation or phone that the user sits at.</summary>
    private static void AppendClient(in AccessRecord record, Utf8Builder text)
    {
        text.Append(
            "{\"type\":{\"coding\":[{\"system\":\"http://dicom.nema.org/resources/ontology/DCM\",\"code\":\"110153\",\"display\":\"Source Role ID\"}]},\"who\":{\"identifier\":{\"system\":\"http://hospital.example/device\",\"value\":\""u8
        );
        AppendDevice(record.Address, text);
        text.Append("\"}},\"requestor\":false,\"network\":{\"address\":\""u8);
        AppendAddress(record.Address, text);
        text.Append("\",\"type\":\"2\"}},"u8);
    }

    private static void AppendUser(in AccessRecord record, StaffMember? member, Application application, bool hasPurpose, Utf8Builder text)
    {
        text.Append(
            "{\"type\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ParticipationType\",\"code\":\"IRCP\",\"display\":\"information recipient\"}]},"u8
        );
        if (member is null)
        {
            text.Append("\"who\":{\"reference\":\"Patient/"u8).Append(HospitalIds.Patient(record.Patient)).Append("\"},"u8);
        }
        else
        {
            switch (application)
            {
                case Application.Interface:
                    text.Append("\"who\":{\"reference\":\"Device/etl-"u8)
                        .Append(member.Index)
                        .Append("\",\"display\":\"Interface engine\"},\"altId\":\""u8)
                        .Append(member.Login)
                        .Append("\","u8);
                    break;
                case Application.Billing:
                    text.Append("\"altId\":\""u8)
                        .Append(member.Login)
                        .Append("\",\"name\":"u8)
                        .AppendJson($"{member.Name.Given} {member.Name.Family}")
                        .Append(","u8);
                    break;
                case Application.Laboratory or Application.Imaging:
                    text.Append("\"who\":{\"identifier\":{\"system\":\"urn:oid:2.16.840.1.113883.4.999.7\",\"value\":\"E"u8)
                        .AppendDigits(member.Index + 1000, 6)
                        .Append("\"},\"display\":"u8)
                        .AppendJson($"{member.Name.Given} {member.Name.Family}")
                        .Append("},"u8);
                    break;
                default:
                    text.Append("\"who\":{\"reference\":\"Practitioner/"u8)
                        .Append(HospitalIds.Practitioner(member.Index))
                        .Append("\",\"display\":"u8)
                        .AppendJson($"{member.Name.Given} {member.Name.Family}")
                        .Append("},\"altId\":\""u8)
                        .Append(member.Login)
                        .Append("\","u8);
                    break;
            }
        }
        text.Append("\"requestor\":true"u8);
        if (member is { Role: not HospitalRole.System } && application is not Application.Billing)
            text.Append(",\"role\":[{\"coding\":[{\"system\":\"http://hospital.example/roles\",\"code\":\""u8)
                .Append(member.Role.ToString())
                .Append("\"}]}]"u8);
        text.Append(",\"network\":{\"address\":\""u8);
        AppendAddress(record.Address, text);
        text.Append("\",\"type\":\"2\"}"u8);
        if (hasPurpose && application == Application.Records)
        {
            text.Append(","u8);
            AppendPurpose("purposeOfUse", record.Purpose, text);
            text.Truncate(text.Length - 1);
        }
        text.Append("}"u8);
    }

    private static void AppendEntities(in AccessRecord record, ref SplitMix random, Utf8Builder text)
    {
        if (record.Action is AccessAction.Login or AccessAction.FailedLogin or AccessAction.Logout)
            return;
        text.Append(",\"entity\":["u8);
        if (record.Action == AccessAction.Export)
        {
            text.Append(
                    "{\"type\":{\"system\":\"http://terminology.hl7.org/CodeSystem/audit-entity-type\",\"code\":\"2\",\"display\":\"System Object\"},\"role\":{\"system\":\"http://terminology.hl7.org/CodeSystem/object-role\",\"code\":\"3\",\"display\":\"Report\"},\"description\":\"Export of "u8
                )
                .Append(Types[(int)record.Type])
                .Append("\",\"detail\":[{\"type\":\"count\",\"valueString\":\""u8)
                .Append(record.Count)
                .Append("\"}]}]"u8);
            return;
        }
        if (record.Action == AccessAction.Search)
        {
            var query =
                $"{Types[(int)record.Type]}?{(record.Patient >= 0 ? $"patient={HospitalIds.Patient(record.Patient)}&" : "name=a&")}{random.Pick(Queries)}";
            text.Append(
                    "{\"type\":{\"system\":\"http://terminology.hl7.org/CodeSystem/audit-entity-type\",\"code\":\"2\",\"display\":\"System Object\"},\"role\":{\"system\":\"http://terminology.hl7.org/CodeSystem/object-role\",\"code\":\"24\",\"display\":\"Query\"},\"query\":\""u8
                )
                .Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(query)))
                .Append("\"}"u8);
        }
        else if (record.Type != AccessedType.Patient || record.Patient < 0)
        {
            text.Append("{\"what\":{\"reference\":\""u8)
                .Append(Types[(int)record.Type])
                .Append("/"u8)
                .Append(Prefixes[(int)record.Type])
                .Append(record.Target >= 0 ? record.Target + 1L : 1_000_000_000L + random.Next(1_000_000_000))
                .Append(
                    "\"},\"type\":{\"system\":\"http://terminology.hl7.org/CodeSystem/audit-entity-type\",\"code\":\"2\",\"display\":\"System Object\"},\"role\":{\"system\":\"http://terminology.hl7.org/CodeSystem/object-role\",\"code\":\"4\",\"display\":\"Domain Resource\"}}"u8
                );
        }
        if (record.Patient >= 0)
        {
            if (record.Action == AccessAction.Search || record.Type != AccessedType.Patient)
                text.Append(","u8);
            text.Append("{\"what\":{\"reference\":\"Patient/"u8)
                .Append(HospitalIds.Patient(record.Patient))
                .Append(
                    "\"},\"type\":{\"system\":\"http://terminology.hl7.org/CodeSystem/audit-entity-type\",\"code\":\"1\",\"display\":\"Person\"},\"role\":{\"system\":\"http://terminology.hl7.org/CodeSystem/object-role\",\"code\":\"1\",\"display\":\"Patient\"}}"u8
                );
        }
        text.Append("]"u8);
    }

    private static void AppendAddress(uint address, Utf8Builder text) =>
        text.Append(address >> 24)
            .Append("."u8)
            .Append((address >> 16) & 255)
            .Append("."u8)
            .Append((address >> 8) & 255)
            .Append("."u8)
            .Append(address & 255);

    private static void AppendDevice(uint address, Utf8Builder text)
    {
        text.Append(address >> 24 == 10 ? "ws-"u8 : "dev-"u8)
            .Append(address >> 16 & 255)
            .Append("-"u8)
            .Append(address >> 8 & 255)
            .Append("-"u8)
            .Append(address & 255);
    }
}

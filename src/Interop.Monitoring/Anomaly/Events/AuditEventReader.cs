using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Interop.Anomaly.Events;

/// <summary>
/// Reads an AuditEvent (FHIR R4, in the shapes of IHE BALP and of plain R4; parts of R5) as an <see cref="AccessEvent"/>. It reads the
/// elements that exist and flags what is wrong: no JSON object makes it fail.
/// </summary>
public static class AuditEventReader
{
    private const int MostEntities = 200;
    private static readonly TimeSpan FutureTolerance = TimeSpan.FromDays(1);
    private static readonly TimeSpan PastTolerance = TimeSpan.FromDays(3653);

    /// <param name="utf8">One JSON object.</param>
    /// <param name="now">The time of an event that has none of its own.</param>
    /// <exception cref="JsonException">Not one JSON object.</exception>
    public static AccessEvent Read(ReadOnlyMemory<byte> utf8, DateTimeOffset now) => Read(utf8, now, out _);

    /// <param name="utf8">One JSON object.</param>
    /// <param name="now">The time of an event that has none of its own.</param>
    /// <param name="otherPatients">Its patients but the first, each once, whatever their number.</param>
    /// <exception cref="JsonException">Not one JSON object.</exception>
    public static AccessEvent Read(ReadOnlyMemory<byte> utf8, DateTimeOffset now, out IReadOnlyCollection<string> otherPatients)
    {
        using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 512 });
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new JsonException("not a JSON object");
        return Read(document.RootElement, now, out otherPatients);
    }

    private static AccessEvent Read(JsonElement root, DateTimeOffset now, out IReadOnlyCollection<string> otherPatients)
    {
        var flags = AccessFlags.None;
        if (root.Text("resourceType") != "AuditEvent")
            flags |= AccessFlags.OtherResource;
        if (root.Has("code") || root.Has("category"))
            flags |= AccessFlags.R5Shape;
        if (root.Has("agent", JsonValueKind.Array) is false || root.Has("entity", JsonValueKind.Array) is false)
            flags |= AccessFlags.WrongTypes;

        var meta = root.Child("meta");
        var lastUpdated = Instant(meta.Text("lastUpdated"));
        var time = Time(root, lastUpdated ?? now, ref flags);
        var agent = Acting(root);
        var who = agent.Child("who");
        var login = Clean(agent.Text("altId"));
        var name =
            Reference(who)
            ?? Clean(who.Child("identifier").Text("value"))
            ?? login
            ?? Clean(agent.Text("name"))
            ?? Clean(who.Text("display"));
        if (name is null)
            flags |= AccessFlags.NoAgent;

        var entities = ReadEntities(root, ref flags);
        otherPatients = entities.OtherPatients ?? (IReadOnlyCollection<string>)[];
        var outcome = root.Child("outcome") is { ValueKind: JsonValueKind.Object } coded
            ? OutcomeOf(coded.Child("code").Text("code"))
            : Clean(root.Text("outcome"));
        var (kind, emergency) = KindOf(root, outcome, entities.Query);
        var purpose = Purpose(agent) ?? Purpose(root);
        var address = Address(root, agent, ref flags);
        var patient = entities.Patient ?? (root.Has("patient") ? Reference(root.Child("patient")) : null);
        var source = root.Child("source");
        return new AccessEvent(
            Clean(root.Text("id")) ?? "",
            Clean(meta.Text("versionId")),
            lastUpdated,
            time,
            name ?? "",
            login,
            FirstCode(agent.Items("role")),
            patient,
            kind,
            Clean(root.Text("action")),
            outcome,
            address,
            Reference(source.Child("observer")) ?? Clean(source.Child("observer").Text("display")),
            Clean(source.Text("site")) ?? Clean(source.Child("site").Text("display")),
            entities.ResourceType ?? (entities.Query is null ? null : TypeOfQuery(entities.Query)),
            purpose,
            emergency || IsEmergency(agent, root),
            entities.Count,
            Math.Max(entities.Records, entities.Patients),
            flags
        );
    }

    private static DateTimeOffset Time(JsonElement root, DateTimeOffset server, ref AccessFlags flags)
    {
        if (Instant(root.Text("recorded")) is not { } recorded)
        {
            flags |= AccessFlags.NoRecorded;
            return server;
        }

        if (recorded > server + FutureTolerance)
            flags |= AccessFlags.RecordedInFuture;
        else if (recorded < server - PastTolerance)
            flags |= AccessFlags.RecordedLongAgo;
        else
            return recorded;
        return server;
    }

    /// <summary>The agent that asked for the action; a person before a system.</summary>
    private static JsonElement Acting(JsonElement root)
    {
        JsonElement best = default;
        var bestRank = -1;
        foreach (var agent in root.Items("agent"))
        {
            if (agent.ValueKind != JsonValueKind.Object)
                continue;
            var reference = Reference(agent.Child("who"));
            var person = reference is null
                ? agent.Has("altId") || agent.Child("who").Has("identifier")
                : !reference.StartsWith("Device/", StringComparison.Ordinal)
                    && !reference.StartsWith("Organization/", StringComparison.Ordinal);
            var named = reference is not null || agent.Has("altId") || agent.Child("who").Has("identifier") || agent.Has("name");
            var rank = (agent.Child("requestor").ValueKind == JsonValueKind.True ? 4 : 0) + (person ? 2 : 0) + (named ? 1 : 0);
            if (rank > bestRank)
                (best, bestRank) = (agent, rank);
        }

        return best;
    }

    private static string? Address(JsonElement root, JsonElement acting, ref AccessFlags flags)
    {
        var address = NetworkOf(acting);
        if (address is null)
        {
            foreach (var agent in root.Items("agent"))
                address ??= NetworkOf(agent);
        }

        if (address is not null && !IPAddress.TryParse(address, out _))
            flags |= AccessFlags.HostNameAsAddress;
        return address;

        static string? NetworkOf(JsonElement agent) => Clean(agent.Child("network").Text("address")) ?? Clean(agent.Text("networkString"));
    }

    private static EntityFacts ReadEntities(JsonElement root, ref AccessFlags flags)
    {
        var facts = new EntityFacts();
        string? firstType = null;
        foreach (var entity in root.Items("entity"))
        {
            if (++facts.Count > MostEntities)
            {
                AddPatient(ref facts, Reference(entity.Child("what")));
                continue;
            }

            if (entity.ValueKind != JsonValueKind.Object)
            {
                flags |= AccessFlags.WrongTypes;
                continue;
            }

            if (Reference(entity.Child("what")) is { } what)
            {
                var slash = what.IndexOf('/', StringComparison.Ordinal);
                var type = slash > 0 ? what[..slash] : null;
                if (type == "Patient")
                {
                    AddPatient(ref facts, what);
                    facts.Patients++;
                    firstType ??= type;
                }
                else if (type is not null)
                {
                    facts.ResourceType ??= type;
                }
            }

            if (Clean(entity.Text("query")) is { } query)
                facts.Query ??= query;
            foreach (var detail in entity.Items("detail"))
            {
                var count = detail.Text("valueString") ?? detail.Child("valueInteger").ToString();
                if (
                    detail.Text("type") == "count"
                    && long.TryParse(count, NumberStyles.Integer, CultureInfo.InvariantCulture, out var records)
                )
                    facts.Records = Math.Max(facts.Records, records);
            }
        }

        facts.ResourceType ??= firstType;
        if (facts.Count > MostEntities)
            flags |= AccessFlags.ManyEntities;
        return facts;
    }

    private static void AddPatient(ref EntityFacts facts, string? what)
    {
        if (what is null || !what.StartsWith("Patient/", StringComparison.Ordinal))
            return;
        facts.Patient ??= what;
        if (what != facts.Patient)
            (facts.OtherPatients ??= new HashSet<string>(StringComparer.Ordinal)).Add(what);
    }

    private static (AccessKind Kind, bool Emergency) KindOf(JsonElement root, string? outcome, string? query)
    {
        var kind = AccessKind.Other;
        var emergency = false;
        Take(root.Child("type").Text("code"));
        foreach (var coding in root.Items("subtype"))
            Take(coding.Text("code"));
        foreach (var coding in root.Child("code").Items("coding"))
            Take(coding.Text("code"));
        if (kind == AccessKind.Other)
        {
            kind = root.Text("action") switch
            {
                "C" => AccessKind.Create,
                "R" => AccessKind.Read,
                "U" => AccessKind.Update,
                "D" => AccessKind.Delete,
                "E" when query is not null => AccessKind.Query,
                _ => AccessKind.Other,
            };
        }

        return (kind == AccessKind.Login && outcome is not (null or "" or "0") ? AccessKind.FailedLogin : kind, emergency);

        void Take(string? code)
        {
            switch (code)
            {
                case "read" or "vread" or "history" or "history-instance":
                    kind = AccessKind.Read;
                    break;
                case "search" or "search-type" or "search-system" or "110112":
                    kind = AccessKind.Query;
                    break;
                case "create":
                    kind = AccessKind.Create;
                    break;
                case "update" or "patch":
                    kind = AccessKind.Update;
                    break;
                case "delete":
                    kind = AccessKind.Delete;
                    break;
                case "110106":
                    kind = AccessKind.Export;
                    break;
                case "110122" or "110114" when kind != AccessKind.Logout:
                    kind = AccessKind.Login;
                    break;
                case "110123":
                    kind = AccessKind.Logout;
                    break;
                case "110127":
                    emergency = true;
                    break;
            }
        }
    }

    private static bool IsEmergency(JsonElement agent, JsonElement root)
    {
        foreach (
            var list in new[]
            {
                agent.Items("purposeOfUse"),
                root.Items("purposeOfEvent"),
                agent.Items("authorization"),
                root.Items("authorization"),
            }
        )
        {
            foreach (var concept in list)
            {
                foreach (var coding in concept.Items("coding"))
                {
                    if (coding.Text("code") is "BTG")
                        return true;
                }
            }
        }

        return false;
    }

    private static string? Purpose(JsonElement element) =>
        FirstCode(element.Items("purposeOfUse")) ?? FirstCode(element.Items("purposeOfEvent")) ?? FirstCode(element.Items("authorization"));

    private static string? FirstCode(JsonItems concepts)
    {
        foreach (var concept in concepts)
        {
            foreach (var coding in concept.Items("coding"))
            {
                if (Clean(coding.Text("code")) is { } code)
                    return code;
            }

            if (Clean(concept.Text("text")) is { } text)
                return text;
        }

        return null;
    }

    private static string? OutcomeOf(string? r5) =>
        r5 switch
        {
            null => null,
            "0" or "success" or "information" => "0",
            "fatal" => "12",
            "error" => "8",
            "warning" => "4",
            _ => r5,
        };

    /// <summary>A reference's last two segments, so that relative and absolute ones of one server are equal.</summary>
    private static string? Reference(JsonElement element)
    {
        if (Clean(element.Text("reference")) is not { } text)
            return null;
        var history = text.IndexOf("/_history/", StringComparison.Ordinal);
        if (history > 0)
            text = text[..history];
        var id = text.LastIndexOf('/');
        var type = id > 0 ? text.LastIndexOf('/', id - 1) : -1;
        return type >= 0 ? text[(type + 1)..] : text;
    }

    /// <summary>The type that a base64 FHIR search asks for: its first segment.</summary>
    private static string? TypeOfQuery(string base64)
    {
        Span<byte> bytes = stackalloc byte[512];
        if (base64.Length > 640 || !Convert.TryFromBase64String(base64, bytes, out var length))
            return null;
        var text = System.Text.Encoding.UTF8.GetString(bytes[..length]);
        var end = text.IndexOf('?', StringComparison.Ordinal);
        if (end < 0)
            return null;
        var start = text.LastIndexOf('/', end) + 1;
        return end - start is > 0 and < 64 ? text[start..end] : null;
    }

    private static DateTimeOffset? Instant(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant.ToUniversalTime()
            : null;

    /// <summary>Null for nothing; without NUL, which no text column takes; at most 256 characters.</summary>
    private static string? Clean(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        text = text.Replace('\0', ' ').Trim();
        return text.Length <= 256 ? text : text[..256];
    }

    private struct EntityFacts
    {
        public string? Patient;
        public HashSet<string>? OtherPatients;
        public string? ResourceType;
        public string? Query;
        public int Patients;
        public int Count;
        public long Records;
    }
}

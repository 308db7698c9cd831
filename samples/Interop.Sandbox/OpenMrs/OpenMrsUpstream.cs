using System.Text.Json.Nodes;

namespace Interop.Sandbox.OpenMrs;

/// <summary>
/// An OpenMRS REST server, `/openmrs/ws/rest/v1`, with its data in memory. The process that hosts the sandbox reads the data and sets the
/// credentials here. Faults with its path work too; `lostAnswer` is a timeout after the write.
/// </summary>
public sealed class OpenMrsUpstream
{
    /// <summary>The code system of the concepts that exist from the start.</summary>
    public const string ConceptSource = "ICD-11";

    private readonly Dictionary<string, Dictionary<string, JsonObject>> _resources = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    public OpenMrsUpstream()
    {
        Seed("patientidentifiertype", "05a29f94-c0ed-11e2-94be-8c13b969e334", "OpenMRS ID", ("required", false));
        Seed("patientidentifiertype", "8d793bee-c2cc-11de-8d13-0010c6dffd0f", "Old Identification Number", ("required", false));
        Seed("location", "8d6c993e-c2cc-11de-8d13-0010c6dffd0f", "Unknown Location");
        Seed("location", "44c3efb0-2583-4c80-a79e-1f756a03c0a1", "Outpatient Clinic");
        Seed("encountertype", "e22e39fd-7db2-45e7-80f1-60fa0d5a4378", "Admission");
        Seed("encountertype", "67a71486-1a54-468f-ac3e-7091a9a79584", "Vitals");
        Seed("encountertype", "dd528487-82a5-4082-9c72-ed246bd49591", "Consultation");
        Seed("encounterrole", "240b26f9-dd88-4172-823d-4a8bfeb7841f", "Clinician");
        Seed("visittype", "7b0f5697-27e3-40c4-8bae-f4049abfb4ed", "Facility Visit");
        Seed("provider", "bb1a7781-7896-40be-aaca-7d1b41d843a6", "Clinic provider", ("identifier", "admin"));
        Seed("conceptsource", "fb9aaaf1-65e2-4c18-b53c-16b575f2f385", ConceptSource);
        Seed("conceptclass", "8d4918b0-c2cc-11de-8d13-0010c6dffd0f", "Diagnosis");
        Seed("conceptdatatype", "8d4a4c94-c2cc-11de-8d13-0010c6dffd0f", "N/A");
        Seed("conceptdatatype", "8d4a4ab4-c2cc-11de-8d13-0010c6dffd0f", "Text");
        Seed("conceptmaptype", "35543629-7d8c-11e1-909d-c80aa9edcf4e", "SAME-AS");
        AddConcept("SK62", "Tremor disorder (TM2)");
        AddConcept("SP51", "Wind stroke (TM2)");
        AddConcept("SQ24", "Joint disorder (TM2)");
    }

    public string Username { get; set; } = "admin";

    public string Password { get; set; } = "Admin123";

    /// <summary>How many resources of a kind, such as `encounter`, exist.</summary>
    public int Count(string resource)
    {
        lock (_gate)
            return _resources.TryGetValue(resource, out var all) ? all.Values.Count(item => !IsVoided(item)) : 0;
    }

    /// <summary>Copies of all resources of a kind, such as `encounter`.</summary>
    public IReadOnlyList<JsonObject> All(string resource)
    {
        lock (_gate)
            return _resources.TryGetValue(resource, out var all)
                ? [.. all.Values.Where(item => !IsVoided(item)).Select(item => item.DeepClone().AsObject())]
                : [];
    }

    /// <summary>Adds a concept with a mapping to <see cref="ConceptSource"/> and returns its uuid.</summary>
    public string AddConcept(string code, string name)
    {
        var uuid = Guid.NewGuid().ToString();
        Add(
            "concept",
            uuid,
            new JsonObject
            {
                ["display"] = name,
                ["names"] = new JsonArray(new JsonObject { ["name"] = name }),
                ["mappedSource"] = ConceptSource,
                ["mappedCode"] = code,
            }
        );
        return uuid;
    }

    internal Lock Gate => _gate;

    internal static bool IsVoided(JsonObject item) => item["voided"]?.GetValue<bool>() == true;

    internal JsonObject? Find(string resource, string? uuid)
    {
        lock (_gate)
            return
                uuid is not null && _resources.TryGetValue(resource, out var all) && all.TryGetValue(uuid, out var item) && !IsVoided(item)
                ? item
                : null;
    }

    internal IReadOnlyList<JsonObject> Where(string resource, Func<JsonObject, bool> passes)
    {
        lock (_gate)
            return _resources.TryGetValue(resource, out var all) ? [.. all.Values.Where(item => !IsVoided(item) && passes(item))] : [];
    }

    internal JsonObject Add(string resource, string uuid, JsonObject item)
    {
        item["uuid"] = uuid;
        item["voided"] = false;
        lock (_gate)
        {
            if (!_resources.TryGetValue(resource, out var all))
                _resources.Add(resource, all = new Dictionary<string, JsonObject>(StringComparer.Ordinal));
            all[uuid] = item;
        }
        return item;
    }

    private void Seed(string resource, string uuid, string name, params (string Name, JsonNode Value)[] more)
    {
        var item = new JsonObject { ["name"] = name, ["display"] = name };
        foreach (var (key, value) in more)
            item[key] = value;
        Add(resource, uuid, item);
    }
}

using System.Text.Json;

namespace Interop.SchemaGenerator;

/// <summary>
/// The official R4 definitions as they lie in the package: StructureDefinitions, ValueSets and CodeSystems. The package has put elements of
/// its own into some structures (Meta.project, Binary.url); the official data elements, which it carries unchanged, tell them apart.
/// </summary>
internal sealed class Definitions : IDisposable
{
    public const string FhirVersion = "4.0.1";

    // A data element's id is "de-" and its path; where that is longer than an id may be, the specification has no data element.
    private const int LongestId = 64;

    private readonly List<JsonDocument> _documents = [];
    private readonly HashSet<string> _dataElements = new(StringComparer.Ordinal);

    /// <summary>By name, in the order of the files, which is the order of the specification.</summary>
    public List<JsonElement> Structures { get; } = [];

    public Dictionary<string, JsonElement> ValueSets { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, JsonElement> CodeSystems { get; } = new(StringComparer.Ordinal);

    public static Definitions Load(string folder)
    {
        var definitions = new Definitions();
        foreach (
            var file in (string[])
                ["profiles-types.json", "profiles-resources.json", "valuesets.json", "v3-codesystems.json", "v2-tables.json"]
        )
            definitions.Add(Path.Combine(folder, file));
        definitions.AddDataElements(Path.Combine(folder, "dataelements.json"));
        return definitions;
    }

    /// <summary>Whether the specification itself defines this element (one without children) of a structure.</summary>
    public bool IsOfficial(string path) => _dataElements.Contains(path) || "de-".Length + path.Length > LongestId;

    public void Dispose()
    {
        foreach (var document in _documents)
            document.Dispose();
    }

    private void Add(string file)
    {
        var document = JsonDocument.Parse(File.ReadAllBytes(file));
        _documents.Add(document);
        foreach (var entry in document.RootElement.GetProperty("entry").EnumerateArray())
        {
            var resource = entry.GetProperty("resource");
            switch (resource.GetProperty("resourceType").GetString())
            {
                case "StructureDefinition" when IsPartOfR4(resource):
                    Structures.Add(resource);
                    break;
                case "ValueSet":
                    ValueSets.TryAdd(resource.GetProperty("url").GetString()!, resource);
                    break;
                case "CodeSystem":
                    CodeSystems.TryAdd(resource.GetProperty("url").GetString()!, resource);
                    break;
            }
        }
    }

    private void AddDataElements(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        foreach (var entry in document.RootElement.GetProperty("entry").EnumerateArray())
            _dataElements.Add(entry.GetProperty("resource").GetProperty("name").GetString()!);
    }

    // Later packages add types of later versions (SubscriptionStatus is 4.3.0), and MetadataResource is a logical model: neither exists in
    // R4 JSON.
    private static bool IsPartOfR4(JsonElement structure) =>
        structure.GetProperty("fhirVersion").GetString() == FhirVersion && structure.GetProperty("kind").GetString() != "logical";
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Interop.Tests;

namespace Interop.Fhir.Tests.FhirPath;

/// <summary>
/// The inputs of the FHIRPath suite: the standard's examples, as JSON; where the data lacks one, the project's own stand-in.
/// </summary>
internal sealed class SuiteInputs : IDisposable
{
    private readonly Dictionary<string, JsonDocument?> _documents = [];

    public JsonElement? Find(string file)
    {
        var name = Path.ChangeExtension(file, ".json");
        if (!_documents.TryGetValue(name, out var document))
            _documents[name] = document = Read(name);
        return document?.RootElement;
    }

    private static JsonDocument? Read(string name)
    {
        var path = Path.Combine(PublishedData.Require("fhir-r4/examples"), name);
        if (!File.Exists(path))
            return SuiteStandIns.Inputs.TryGetValue(name, out var standIn) ? JsonDocument.Parse(standIn) : null;
        var json = JsonNode.Parse(File.ReadAllBytes(path))!;
        if (name == "observation-example.json")
            json["extension"] ??= JsonNode.Parse(SuiteStandIns.ObservationExtension);
        return JsonDocument.Parse(json.ToJsonString());
    }

    public void Dispose()
    {
        foreach (var document in _documents.Values)
            document?.Dispose();
    }
}

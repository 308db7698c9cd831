using System.Text.Json;

namespace Interop.Fhir.Tests.FhirPath;

/// <summary>
/// The inputs of the FHIRPath suite: the standard's examples, as JSON. Where the data lacks one, the project's own stand-in in
/// <c>FhirPath/Inputs</c> has what the tests read.
/// </summary>
internal sealed class SuiteInputs : IDisposable
{
    private readonly Dictionary<string, JsonDocument?> _documents = [];

    public JsonElement? Find(string file)
    {
        string name = Path.ChangeExtension(file, ".json");
        if (!_documents.TryGetValue(name, out JsonDocument? document))
            _documents[name] = document = Read(name);
        return document?.RootElement;
    }

    private static JsonDocument? Read(string name)
    {
        foreach (string folder in (string[])[SuiteData.Require("fhir-r4/examples"), Path.Combine(AppContext.BaseDirectory, "FhirPath", "Inputs")])
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path))
                return JsonDocument.Parse(File.ReadAllBytes(path));
        }
        return null;
    }

    public void Dispose()
    {
        foreach (JsonDocument? document in _documents.Values)
            document?.Dispose();
    }
}

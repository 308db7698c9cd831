using System.Text.Json;

namespace Interop.Fhir.Validation.Profiles;

/// <summary>
/// R4's own vital signs profiles (https://hl7.org/fhir/R4/observation-vitalsigns.html) and the value sets of their units. They are part of
/// every set of profiles, because resources claim them without naming a package.
/// </summary>
internal static class VitalSigns
{
    /// <summary>The name under which a source of profiles asks for these profiles alone.</summary>
    public const string PackageName = "hl7.fhir.r4.vitalsigns";

    private const string ResourceName = "r4.vitalsigns.ndjson";

    private static readonly Lazy<(Profile[] Profiles, JsonElement[] ValueSets)> Loaded = new(Load);

    public static IReadOnlyList<Profile> Profiles => Loaded.Value.Profiles;

    public static IReadOnlyList<JsonElement> ValueSets => Loaded.Value.ValueSets;

    private static (Profile[] Profiles, JsonElement[] ValueSets) Load()
    {
        using var stream = typeof(VitalSigns).Assembly.GetManifestResourceStream(ResourceName)!;
        using var reader = new StreamReader(stream);
        var (profiles, valueSets) = (new List<Profile>(), new List<JsonElement>());
        while (reader.ReadLine() is { } line)
        {
            using var document = JsonDocument.Parse(line);
            var resource = document.RootElement.Clone();
            if (Profile.Text(resource, "resourceType") == "ValueSet")
                valueSets.Add(resource);
            else
                profiles.Add(Profile.Read(resource));
        }

        return ([.. profiles], [.. valueSets]);
    }
}

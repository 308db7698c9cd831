using System.Text;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.Sandbox;
using Interop.TestServers;

namespace Interop.Api.Tests.Ingestion;

/// <summary>The validation level is a setting: a resource that the level structure loads can be a dead letter at the level full.</summary>
public sealed class ValidationLevelTests : IDisposable
{
    private const string Period =
        """{"resourceType":"Patient","id":"period","name":[{"family":"A","period":{"start":"2024-02-01","end":"2024-01-01"}}]}""";
    private const string Claims =
        """{"resourceType":"Patient","id":"claims","meta":{"profile":["http://example.org/patient"]},"name":[{"family":"B"}]}""";
    private const string Follows =
        """{"resourceType":"Patient","id":"follows","meta":{"profile":["http://example.org/patient"]},"birthDate":"2001-01-01"}""";
    private const string Absent = """
        {"resourceType":"Observation","id":"absent","status":"final","code":{"text":"x"},"valueInteger":1,"dataAbsentReason":{"text":"not asked"}}
        """;

    private const string Profile = """
        {"resourceType":"StructureDefinition","url":"http://example.org/patient","derivation":"constraint","type":"Patient","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient",
         "differential":{"element":[{"id":"Patient","path":"Patient"},{"id":"Patient.birthDate","path":"Patient.birthDate","min":1}]}}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_structure_level_loads_resources_that_break_an_invariant_or_a_profile()
    {
        var (letters, upserted) = await IngestAsync();
        Assert.Empty(letters);
        Assert.Equal(4, upserted);
    }

    [Fact]
    public async Task The_full_level_and_a_profile_make_dead_letters_with_reason_and_location()
    {
        var (letters, upserted) = await IngestAsync(
            ("Validation:Level", "full"),
            ("Validation:Profiles", _folder.Write("patient.json", Profile))
        );
        Assert.Equal(1, upserted);
        Assert.Equal("Patient.name[0].period: per-1: If present, start SHALL have a lower value than end", letters["period"].Error);
        Assert.Equal(
            "Patient.birthDate: The profile http://example.org/patient asks for at least 1 birthDate; there are 0.",
            letters["claims"].Error
        );
        Assert.Equal(
            "Observation: obs-6: dataAbsentReason SHALL only be present if Observation.value[x] is not present",
            letters["absent"].Error
        );
        var issue = letters["absent"].Issues.EnumerateArray().Single(i => i.Text("severity") == "error");
        Assert.Equal(("invariant", "Observation"), (issue.Text("code"), issue.Text("location")));
        Assert.StartsWith("obs-6: ", issue.Text("text"), StringComparison.Ordinal);
        Assert.Equal(3, letters.Count);
    }

    private static async Task<(Dictionary<string, (string Error, JsonElement Issues)> Letters, long Upserted)> IngestAsync(
        params (string Name, string? Value)[] settings
    )
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 0 });
        foreach (var resource in new[] { Period, Claims, Follows, Absent })
            sandbox.Store.Put(Encoding.UTF8.GetBytes(resource));
        await using var server = await InteropServer.StartAsync([("FHIR_BASE_URL", sandbox.FhirBase.AbsoluteUri), .. settings]);
        var letters = new Dictionary<string, (string, JsonElement)>();
        var upserted = 0L;
        foreach (var type in new[] { "Patient", "Observation" })
        {
            using var answer = await server.Http.PostAsync($"/ingest/{type}", null);
            var run = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
            Assert.Equal("SUCCESS", run.Text("status"));
            upserted += run.Number("upserted");
            var open = JsonDocument.Parse(await server.Http.GetStringAsync($"/runs/{run.Number("run_id")}/deadletters")).RootElement;
            foreach (var letter in open.EnumerateArray())
                letters.Add(letter.Text("resource_id")!, (letter.Text("error")!, letter.GetProperty("issues")));
        }

        return (letters, upserted);
    }
}

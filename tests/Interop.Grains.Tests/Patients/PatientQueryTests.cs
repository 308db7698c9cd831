using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Patients;
using Interop.TestServers;

namespace Interop.Grains.Tests.Patients;

/// <summary>Patients and their stored resources.</summary>
public abstract class PatientQueryTests(SharedSilo shared) : IngestionSuite(shared)
{
    private static readonly string[] Resources =
    [
        Patient("p1", """[{"family":"Maiden","given":["Ann"]},{"use":"official","family":"Roe-@","given":["Ann","Bea"]}]""", "1980-03-04"),
        Patient("p2", """[{"family":"Roe-@","given":["Zoë"]}]""", "1990"),
        Patient("p3", """[{"family":"100%_\\-@"}]""", "2001-02"),
        Observation("o1", "p1", "2024-05-01T08:00:00Z", 72),
        Observation("o2", "p1", "2024-05-03", 80),
        Observation("o3", "p2", "2024-05-02T08:00:00Z", 90),
        """{"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"AMB","display":"ambulatory"},"subject":{"reference":"Patient/p1"},"period":{"start":"2024-05-02T10:00:00+02:00"} }""",
        """{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/p1"},"code":{"coding":[{"system":"http://snomed.info/sct","code":"195967001","display":"Asthma"}]},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]} }""",
    ];

    private readonly string _mark = Guid.NewGuid().ToString("N")[..8];
    private string _source = "";

    private IPatientQueryGrain Patients => Client.GetQuery<IPatientQueryGrain>();

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        var all = Resources.Select(resource => resource.Replace("@", _mark, StringComparison.Ordinal)).ToList();
        (_, _source) = await ScriptedAsync(request =>
            request.IsMetadata
                ? ScriptedAnswer.NotFound
                : ScriptedAnswer.Bundle(all.Where(r => r.Contains($"\"resourceType\":\"{request.Path}\"", StringComparison.Ordinal)))
        );
        foreach (var type in new[] { "Patient", "Observation", "Encounter", "Condition" })
        {
            var run = await Client.RunAsync(_source, type);
            Assert.Equal((type, RunStatus.Success, 0), (type, run.Status, run.Counters.DeadLetters));
        }
    }

    [Fact]
    public async Task A_patients_resources_of_all_types_come_newest_first_and_those_without_a_date_last()
    {
        var page = await Patients.ListResources(Key("p1"), null, 10, null);

        Assert.Null(page.Next);
        Assert.Equal(["o2", "e1", "o1", "c1"], page.Resources.Select(r => r.Id));
        var (newest, encounter, undated) = (page.Resources[0], page.Resources[1], page.Resources[3]);
        Assert.Equal(("2024-05-03", "Heart rate", "80 /min", "final"), (newest.Date, newest.Text, newest.Value, newest.Status));
        Assert.Equal(new DateTimeOffset(2024, 5, 2, 8, 0, 0, TimeSpan.Zero), encounter.At);
        Assert.Equal(("Encounter", "ambulatory"), (encounter.ResourceType, encounter.Text));
        Assert.Equal((null, null, "Asthma", "active"), (undated.At, undated.Date, undated.Text, undated.Status));
        Assert.Contains("\"id\":\"c1\"", undated.Raw.Text.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Pages_together_have_each_resource_once(int size)
    {
        var seen = new List<string>();
        PatientResourcePosition? after = null;
        do
        {
            var page = await Patients.ListResources(Key("p1"), null, size, after);
            Assert.InRange(page.Resources.Length, 0, size);
            seen.AddRange(page.Resources.Select(r => r.Id));
            after = page.Next;
        } while (after is not null);

        Assert.Equal(["o2", "e1", "o1", "c1"], seen);
    }

    [Fact]
    public async Task One_type_is_listed_alone_and_each_type_is_counted()
    {
        var observations = await Patients.ListResources(Key("p1"), "Observation", 10, null);
        var none = await Patients.ListResources(Key("p1"), "NoSuchType", 10, null);
        var counts = await Patients.CountResources(Key("p1"));

        Assert.Equal(["o2", "o1"], observations.Resources.Select(r => r.Id));
        Assert.Empty(none.Resources);
        Assert.Equal([("Condition", 1L), ("Encounter", 1), ("Observation", 2)], counts.Select(c => (c.ResourceType, c.Count)));
    }

    [Fact]
    public async Task A_patient_of_another_source_has_none_of_these_resources()
    {
        var other = new PatientKey($"{_source}-other", "p1");

        Assert.Empty((await Patients.ListResources(other, null, 10, null)).Resources);
        Assert.Empty(await Patients.CountResources(other));
        Assert.Null(await Patients.Find(other));
    }

    [Fact]
    public async Task A_patient_is_found_by_its_id_with_the_official_name()
    {
        var found = (await Patients.Find(Key("p1")))!;
        var searched = await Patients.Search("Patient/p1", 100);

        Assert.Equal(($"Roe-{_mark}", "Ann Bea", "female", "1980-03-04"), (found.Family, found.Given, found.Gender, found.BirthDate));
        Assert.Contains(found, searched);
        Assert.All(searched, patient => Assert.Equal("p1", patient.Key.Id));
    }

    [Theory]
    [InlineData("Roe-@", "p1,p2")]
    [InlineData("roe-@", "p1,p2")]
    [InlineData("ROE-@, an", "p1")]
    [InlineData("ann roe-@", "p1")]
    [InlineData("zoë roe-@", "p2")]
    [InlineData("oe-@", "")]
    [InlineData("%_\\-@", "")]
    [InlineData("100%_\\-@", "p3")]
    [InlineData("100__\\-@", "")]
    [InlineData("maiden roe-@", "")]
    public async Task Patients_are_found_by_the_beginnings_of_their_names(string text, string ids)
    {
        var found = await Patients.Search(text.Replace("@", _mark, StringComparison.Ordinal), 100);

        Assert.Equal(ids, string.Join(',', found.Select(p => p.Key.Id)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" , ")]
    [InlineData("%")]
    [InlineData("a\0b")]
    public async Task A_text_without_a_letter_finds_no_patient(string text) => Assert.Empty(await Patients.Search(text, 100));

    private PatientKey Key(string id) => new(_source, id);

    private static string Patient(string id, string names, string birthDate) =>
        $$"""{"resourceType":"Patient","id":"{{id}}","name":{{names}},"gender":"female","birthDate":"{{birthDate}}"}""";

    private static string Observation(string id, string patient, string at, int value) =>
        $$"""
            {"resourceType":"Observation","id":"{{id}}","status":"final","subject":{"reference":"Patient/{{patient}}"},"effectiveDateTime":"{{at}}",
            "code":{"coding":[{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"}]},
            "valueQuantity":{"value":{{value}},"unit":"/min"} }
            """;
}

[Collection(OnSqlite.Name)]
public sealed class PatientQueryOnSqliteTests(SqliteSilo silo) : PatientQueryTests(silo);

[Collection(OnPostgres.Name)]
public sealed class PatientQueryOnPostgresTests(PostgresSilo silo) : PatientQueryTests(silo);

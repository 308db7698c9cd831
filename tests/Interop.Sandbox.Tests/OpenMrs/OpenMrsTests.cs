using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Interop.Sandbox.Faults;

namespace Interop.Sandbox.Tests.OpenMrs;

public sealed class OpenMrsTests : IAsyncLifetime, IDisposable
{
    private const string Consultation = "dd528487-82a5-4082-9c72-ed246bd49591";
    private SandboxServer _server = null!;
    private readonly HttpClient _http = new();

    public async Task InitializeAsync()
    {
        _server = await SandboxServer.StartAsync(new SandboxOptions { Patients = 1 });
        _http.BaseAddress = new Uri(_server.OpenMrsBase + "/ws/rest/v1/");
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("admin:Admin123"u8));
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task A_session_says_whether_the_credentials_are_good_and_everything_else_needs_them()
    {
        Assert.True((await GetAsync("session"))["authenticated"]!.GetValue<bool>());
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("admin:wrong"u8));

        Assert.False((await GetAsync("session"))["authenticated"]!.GetValue<bool>());
        using var response = await _http.GetAsync("location");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task A_patient_with_an_encounter_and_its_obs_is_written_and_found()
    {
        var patient = await CreatePatientAsync("P1");
        var concept = (await GetAsync("concept?source=ICD-11&code=SK62"))["results"]![0]!["uuid"]!.GetValue<string>();
        var encounter = await PostAsync("encounter", Encounter(patient, concept), HttpStatusCode.Created);

        Assert.Equal(patient, (await GetAsync("patient?identifier=p1"))["results"]![0]!["uuid"]!.GetValue<string>());
        var found = (
            await GetAsync($"encounter?patient={patient}&encounterType={Consultation}&fromdate=2026-03-01&todate=2026-03-02&v=full")
        )["results"]!
            .AsArray()
            .Single()!;
        Assert.Equal(encounter["uuid"]!.GetValue<string>(), found["uuid"]!.GetValue<string>());
        Assert.Equal("Severe", found["obs"]![0]!["value"]!.GetValue<string>());
        Assert.Empty((await GetAsync($"encounter?patient={patient}&fromdate=2026-03-03"))["results"]!.AsArray());
        Assert.Single((await GetAsync($"obs?encounter={encounter["uuid"]}"))["results"]!.AsArray());
    }

    [Fact]
    public async Task An_invalid_body_is_refused_field_by_field_and_nothing_is_written()
    {
        var patient = await CreatePatientAsync("P1");
        var duplicate = await PostAsync("patient", PatientBody("P1"), HttpStatusCode.BadRequest);
        Assert.Contains(
            "already in use",
            duplicate["error"]!["fieldErrors"]!["identifiers"]![0]!["message"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
        Assert.Equal("webservices.rest.error.invalid.submission", duplicate["error"]!["code"]!.GetValue<string>());

        var unknown = await PostAsync("encounter", Encounter(patient, "no-such-concept"), HttpStatusCode.BadRequest);
        Assert.NotNull(unknown["error"]!["fieldErrors"]!["concept"]);
        await PostAsync("person", new JsonObject { ["gender"] = "M" }, HttpStatusCode.BadRequest);
        Assert.Equal(
            (1, 1, 0, 0),
            (
                _server.OpenMrs.Count("person"),
                _server.OpenMrs.Count("patient"),
                _server.OpenMrs.Count("encounter"),
                _server.OpenMrs.Count("obs")
            )
        );
    }

    [Fact]
    public async Task A_concept_with_a_mapping_is_created_once()
    {
        var term = await PostAsync(
            "conceptreferenceterm",
            new JsonObject { ["code"] = "SR10", ["conceptSource"] = "fb9aaaf1-65e2-4c18-b53c-16b575f2f385" },
            HttpStatusCode.Created
        );
        var body = new JsonObject
        {
            ["names"] = new JsonArray(new JsonObject { ["name"] = "Sleep disorder (TM2)", ["locale"] = "en" }),
            ["conceptClass"] = "8d4918b0-c2cc-11de-8d13-0010c6dffd0f",
            ["datatype"] = "8d4a4c94-c2cc-11de-8d13-0010c6dffd0f",
            ["mappings"] = new JsonArray(
                new JsonObject
                {
                    ["conceptReferenceTerm"] = term["uuid"]!.DeepClone(),
                    ["conceptMapType"] = "35543629-7d8c-11e1-909d-c80aa9edcf4e",
                }
            ),
        };
        await PostAsync("concept", body, HttpStatusCode.Created);

        Assert.Single((await GetAsync("concept?source=ICD-11&code=SR10"))["results"]!.AsArray());
        await PostAsync("concept", body.DeepClone().AsObject(), HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_lost_answer_leaves_the_encounter_and_errors_come_on_demand()
    {
        var patient = await CreatePatientAsync("P1");
        _server.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.LostAnswer,
                Path = "/encounter",
                Times = 1,
            }
        );
        await Assert.ThrowsAsync<HttpRequestException>(() =>
            PostAsync("encounter", Encounter(patient, _server.OpenMrs.AddConcept("SR10", "Sleep")), HttpStatusCode.Created)
        );
        Assert.Equal((1, 1), (_server.OpenMrs.Count("encounter"), _server.OpenMrs.Count("obs")));

        _server.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.Unauthorized,
                Path = "/openmrs",
                Times = 1,
            },
            new FaultRule { Kind = FaultKind.ServerError, Path = "/openmrs" }
        );
        Assert.Equal((401, 500), ((int)(await _http.GetAsync("location")).StatusCode, (int)(await _http.GetAsync("location")).StatusCode));
    }

    [Fact]
    public async Task Lists_of_metadata_can_be_read()
    {
        foreach (
            var resource in (string[])
                [
                    "patientidentifiertype",
                    "location",
                    "encountertype",
                    "encounterrole",
                    "visittype",
                    "provider",
                    "conceptsource",
                    "conceptclass",
                    "conceptdatatype",
                    "conceptmaptype",
                ]
        )
            Assert.NotEmpty((await GetAsync(resource))["results"]!.AsArray());
    }

    private async Task<string> CreatePatientAsync(string identifier) =>
        (await PostAsync("patient", PatientBody(identifier), HttpStatusCode.Created))["uuid"]!.GetValue<string>();

    private static JsonObject PatientBody(string identifier) =>
        new()
        {
            ["person"] = new JsonObject
            {
                ["names"] = new JsonArray(new JsonObject { ["givenName"] = "A", ["familyName"] = "B" }),
                ["gender"] = "U",
            },
            ["identifiers"] = new JsonArray(
                new JsonObject
                {
                    ["identifier"] = identifier,
                    ["identifierType"] = "05a29f94-c0ed-11e2-94be-8c13b969e334",
                    ["location"] = "8d6c993e-c2cc-11de-8d13-0010c6dffd0f",
                }
            ),
        };

    private static JsonObject Encounter(string patient, string concept) =>
        new()
        {
            ["encounterDatetime"] = "2026-03-01T12:00:00.000+0000",
            ["patient"] = patient,
            ["encounterType"] = Consultation,
            ["location"] = "8d6c993e-c2cc-11de-8d13-0010c6dffd0f",
            ["encounterProviders"] = new JsonArray(
                new JsonObject
                {
                    ["provider"] = "bb1a7781-7896-40be-aaca-7d1b41d843a6",
                    ["encounterRole"] = "240b26f9-dd88-4172-823d-4a8bfeb7841f",
                }
            ),
            ["obs"] = new JsonArray(
                new JsonObject
                {
                    ["concept"] = concept,
                    ["value"] = "Severe",
                    ["comment"] = "note",
                }
            ),
        };

    private async Task<JsonObject> GetAsync(string address) => JsonNode.Parse(await _http.GetStringAsync(address))!.AsObject();

    private async Task<JsonObject> PostAsync(string resource, JsonObject body, HttpStatusCode expected)
    {
        using var response = await _http.PostAsync(resource, new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(expected == response.StatusCode, text);
        return JsonSerializer.Deserialize<JsonObject>(text)!;
    }
}

using System.Net;
using System.Text.Json;
using static Interop.Sandbox.Tests.SandboxClient;

namespace Interop.Sandbox.Tests;

public sealed class SearchTests : IAsyncLifetime, IDisposable
{
    private SandboxServer _server = null!;
    private SandboxClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await SandboxServer.StartAsync(new SandboxOptions { Patients = 40, BadShare = 0 });
        _client = new SandboxClient(_server);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_page_is_a_searchset_bundle_with_everything_that_clients_rely_on()
    {
        using var response = await _client.GetAsync("Observation?_sort=_lastUpdated");
        Assert.Equal("application/fhir+json; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.NotNull(response.Headers.Date);
        var bundle = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("searchset", bundle.GetProperty("type").GetString());
        Assert.Equal(880, bundle.GetProperty("total").GetInt32());
        Assert.Equal(20, bundle.GetProperty("entry").GetArrayLength());
        Assert.StartsWith(_server.FhirBase + "Observation?", Link(bundle, "self"), StringComparison.Ordinal);
        Assert.All(
            Entries(bundle, "match"),
            entry =>
                Assert.Equal(
                    _server.FhirBase + "Observation/" + Id(entry.GetProperty("resource")),
                    entry.GetProperty("fullUrl").GetString()
                )
        );
    }

    [Theory]
    [InlineData("Observation?_sort=_lastUpdated&_count=7", 880)]
    [InlineData("Observation?_sort=_lastUpdated&_count=100", 880)]
    [InlineData("Encounter?_count=50", 200)]
    [InlineData("Condition?_sort=-_lastUpdated&_count=80", 80)]
    [InlineData("Patient?_count=1000", 40)]
    public async Task Following_next_returns_every_resource_exactly_once_and_in_order(string address, int expected)
    {
        var matches = await _client.MatchesAsync(address);
        Assert.Equal(expected, matches.Count);
        Assert.Equal(expected, matches.Select(Id).Distinct().Count());
        var instants = matches.Select(LastUpdated).ToList();
        Assert.Equal(address.Contains("=-", StringComparison.Ordinal) ? instants.OrderDescending() : instants.Order(), instants);
    }

    [Fact]
    public async Task Some_resources_share_an_instant_with_more_than_a_page_of_others_in_texts_that_differ()
    {
        var matches = await _client.MatchesAsync("Observation?_count=500");
        var largest = matches.GroupBy(LastUpdated).MaxBy(group => group.Count())!;
        Assert.True(largest.Count() > 100, $"The largest group has {largest.Count()}.");
        Assert.True(largest.Select(resource => resource.GetProperty("meta").GetProperty("lastUpdated").GetString()).Distinct().Count() > 2);
    }

    [Theory]
    [InlineData("ge2026-01-20", "gt2026-01-19")]
    [InlineData("lt2026-02-01T12:00:00Z", "lt2026-02-01T13:00:00+01:00")]
    [InlineData("2026-01", "ge2026-01-01&_lastUpdated=lt2026-02-01")]
    [InlineData("le2026-01-20", "lt2026-01-21T00:00:00Z")]
    [InlineData("gt2026", "gt2027-01-01")]
    public async Task LastUpdated_compares_with_the_interval_that_a_value_stands_for(string one, string same)
    {
        var expected = await _client.MatchesAsync($"Observation?_count=1000&_lastUpdated={Uri.EscapeDataString(one)}");
        var actual = await _client.MatchesAsync(
            $"Observation?_count=1000&_lastUpdated={same.Replace("+", "%2B", StringComparison.Ordinal)}"
        );
        Assert.Equal(expected.Select(Id), actual.Select(Id));
    }

    [Fact]
    public async Task LastUpdated_selects_by_the_meta_of_the_resources()
    {
        var all = await _client.MatchesAsync("Observation?_count=1000");
        var middle = LastUpdated(all[400]);
        var text = middle.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'");
        var counts = new Dictionary<string, int>();
        foreach (var prefix in (string[])["ge", "gt", "le", "lt", "eq", "ne"])
            counts[prefix] = (await _client.GetJsonAsync($"Observation?_summary=count&_lastUpdated={prefix}{text}"))
                .GetProperty("total")
                .GetInt32();
        Assert.Equal(all.Count(resource => LastUpdated(resource) >= middle), counts["ge"]);
        Assert.Equal(all.Count(resource => LastUpdated(resource) > middle), counts["gt"]);
        Assert.Equal(all.Count(resource => LastUpdated(resource) <= middle), counts["le"]);
        Assert.Equal(all.Count(resource => LastUpdated(resource) < middle), counts["lt"]);
        Assert.Equal(all.Count(resource => LastUpdated(resource) == middle), counts["eq"]);
        Assert.Equal(880 - counts["eq"], counts["ne"]);
    }

    [Fact]
    public async Task Ids_select_and_unknown_ones_are_left_out()
    {
        var found = await _client.MatchesAsync("Patient?_id=pat-3,pat-17,pat-999,nobody");
        Assert.Equal(["pat-17", "pat-3"], found.Select(Id).Order());
    }

    [Theory]
    [InlineData("Observation?patient=pat-5&_count=100", 22)]
    [InlineData("Observation?subject=Patient/pat-5&_count=100", 22)]
    [InlineData("Encounter?patient=Patient/pat-5", 5)]
    [InlineData("Observation?patient=pat-5&subject=pat-6", 0)]
    [InlineData("Observation?patient=nobody", 0)]
    [InlineData("Observation?subject=Group/pat-5", 0)]
    public async Task A_patients_resources_are_found_by_either_form_of_the_reference(string address, int expected) =>
        Assert.Equal(
            expected,
            (await _client.MatchesAsync(address)).Count(resource =>
                resource.GetProperty("subject").GetProperty("reference").GetString() == "Patient/pat-5"
            )
        );

    [Fact]
    public async Task Summary_count_has_a_total_and_no_entries_and_total_none_has_no_total()
    {
        var summary = await _client.GetJsonAsync("Observation?_summary=count");
        Assert.Equal(880, summary.GetProperty("total").GetInt32());
        Assert.False(summary.TryGetProperty("entry", out _));
        Assert.False((await _client.GetJsonAsync("Observation?_total=none")).TryGetProperty("total", out _));
    }

    [Fact]
    public async Task Include_brings_each_patient_of_the_page_once_and_does_not_count_it()
    {
        var pages = await _client.PagesAsync("Observation?_include=Observation:subject&_count=50");
        Assert.All(
            pages,
            page =>
            {
                var subjects = Resources(page, "match")
                    .Select(resource => resource.GetProperty("subject").GetProperty("reference").GetString())
                    .Where(subject => !subject!.Contains("gone", StringComparison.Ordinal))
                    .Distinct()
                    .Order();
                Assert.Equal(subjects, Resources(page, "include").Select(resource => "Patient/" + Id(resource)).Order());
                Assert.Equal(880, page.GetProperty("total").GetInt32());
            }
        );
    }

    [Fact]
    public async Task Unsupported_parameters_are_reported_and_refused_only_with_strict_handling()
    {
        var bundle = await _client.GetJsonAsync("Patient?family=Chen&_sort=birthdate");
        var outcome = Assert.Single(Resources(bundle, "outcome"));
        Assert.Equal(2, outcome.GetProperty("issue").GetArrayLength());
        Assert.Equal(40, bundle.GetProperty("total").GetInt32());

        using var request = new HttpRequestMessage(HttpMethod.Get, "Patient?family=Chen") { Headers = { { "Prefer", "handling=strict" } } };
        using var response = await _client.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("family=Chen is not supported", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Patient?_lastUpdated=yesterday", HttpStatusCode.BadRequest)]
    [InlineData("Patient?_lastUpdated=ge2026-02-30", HttpStatusCode.BadRequest)]
    [InlineData("Patient?_count=many", HttpStatusCode.BadRequest)]
    [InlineData("Patient?_format=xml", HttpStatusCode.NotAcceptable)]
    [InlineData("Person1", HttpStatusCode.NotFound)]
    [InlineData("Patient/pat-41", HttpStatusCode.NotFound)]
    [InlineData("Patient/pat-007", HttpStatusCode.NotFound)]
    [InlineData("?_getpages=4b1c6f0e-0000-0000-0000-000000000000&_getpagesoffset=10&_count=10", HttpStatusCode.Gone)]
    [InlineData("", HttpStatusCode.BadRequest)]
    [InlineData("a/b/c/d/e", HttpStatusCode.NotFound)]
    public async Task Errors_are_operation_outcomes(string address, HttpStatusCode expected)
    {
        using var response = await _client.GetAsync(address);
        Assert.Equal(expected, response.StatusCode);
        var outcome = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("OperationOutcome", outcome.GetProperty("resourceType").GetString());
        Assert.NotEmpty(outcome.GetProperty("issue")[0].GetProperty("diagnostics").GetString()!);
    }

    [Fact]
    public async Task A_type_without_resources_is_an_empty_bundle_without_an_entry_array()
    {
        var bundle = await _client.GetJsonAsync("Procedure");
        Assert.Equal(0, bundle.GetProperty("total").GetInt32());
        Assert.False(bundle.TryGetProperty("entry", out _));
    }

    [Fact]
    public async Task Gzip_is_used_when_asked_for_and_carries_the_same_bundle()
    {
        using var handler = new HttpClientHandler { AutomaticDecompression = DecompressionMethods.GZip };
        using var compressing = new HttpClient(handler);
        var address = _server.FhirBase + "Patient?_id=pat-1,pat-2,pat-3";
        using var raw = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { { "Accept-Encoding", "gzip" } } };
        using var response = await _client.Http.SendAsync(raw);
        Assert.Equal("gzip", Assert.Single(response.Content.Headers.ContentEncoding));
        var plain = await _client.GetJsonAsync(address);
        var unpacked = JsonDocument.Parse(await compressing.GetStringAsync(address)).RootElement;
        Assert.Equal(plain.GetProperty("entry").GetRawText(), unpacked.GetProperty("entry").GetRawText());
    }

    [Fact]
    public async Task The_capability_statement_names_the_parameters_that_work()
    {
        var statement = await _client.GetJsonAsync("metadata");
        Assert.Equal("4.0.1", statement.GetProperty("fhirVersion").GetString());
        var observation = statement
            .GetProperty("rest")[0]
            .GetProperty("resource")
            .EnumerateArray()
            .Single(type => type.GetProperty("type").GetString() == "Observation");
        Assert.Equal(
            ["_id", "identifier", "_lastUpdated", "patient", "subject"],
            observation.GetProperty("searchParam").EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString())
        );
    }
}

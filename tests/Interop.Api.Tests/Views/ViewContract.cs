using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.TestServers;

namespace Interop.Api.Tests.Views;

/// <summary>The view endpoints as a caller with curl finds them, the same on both databases.</summary>
public abstract class ViewContract(ApiFixture api)
{
    private HttpClient Http => api.Http;

    [Fact]
    public async Task The_list_has_every_view_with_its_columns()
    {
        var views = (await Http.GetJsonAsync("/views")).EnumerateArray().ToList();

        var patients = views.Single(v => v.Text("name") == "patients");
        Assert.Equal(
            [
                "name",
                "resource_type",
                "status",
                "origin",
                "rows_per_resource",
                "columns",
                "changed_at",
                "warnings",
                "failures",
                "failure_examples",
            ],
            patients.Keys()
        );
        Assert.Equal(
            ["id", "family", "given", "gender", "birth_date"],
            patients.GetProperty("columns").EnumerateArray().Select(c => c.Text("name")!)
        );
        Assert.Equal(13, views.Count(v => v.Text("origin") == "platform"));
        Assert.Equal("Patient", (await Http.GetJsonAsync("/views/patients")).Text("resource"));
    }

    [Fact]
    public async Task Rows_come_as_json_csv_and_ndjson()
    {
        var upserted = api.Summaries["/ingest/observations"].Number("upserted");
        var all = await Http.GetJsonAsync("/views/observations/rows");
        Assert.Equal(upserted, all.GetArrayLength());
        Assert.Equal(
            [
                "source",
                "id",
                "patient_id",
                "status",
                "code",
                "code_display",
                "effective_datetime",
                "value_quantity",
                "value_unit",
                "value_string",
                "code_system",
                "category",
                "encounter_id",
                "value_code",
                "value_code_system",
                "value_code_display",
            ],
            all[0].Keys()
        );

        var lines = (await Http.GetStringAsync("/views/observations/rows?format=ndjson")).TrimEnd('\n').Split('\n');
        Assert.Equal(all.EnumerateArray().Select(r => r.GetRawText()), lines);

        using var csv = await Http.GetAsync("/views/observations/rows?format=csv&limit=3");
        Assert.Equal("text/csv", csv.Content.Headers.ContentType!.MediaType);
        var records = (await csv.Content.ReadAsStringAsync()).Split("\r\n");
        Assert.Equal(
            "source,id,patient_id,status,code,code_display,effective_datetime,value_quantity,value_unit,value_string,code_system,category,encounter_id,value_code,value_code_system,value_code_display",
            records[0]
        );
        Assert.Equal((5, ""), (records.Length, records[^1]));
        Assert.StartsWith($"default,{all[0].Text("id")},", records[1], StringComparison.Ordinal);

        Assert.Equal(2, (await Http.GetJsonAsync("/views/observations/rows?limit=2")).GetArrayLength());
        Assert.Equal(0, (await Http.GetJsonAsync("/views/procedures/rows")).GetArrayLength());
    }

    [Fact]
    public async Task Filtered_and_sorted_rows_come_as_json_csv_and_ndjson()
    {
        var all = (await Http.GetJsonAsync("/views/patients/rows")).EnumerateArray().ToList();
        var expected = all.Where(r => r.Text("gender") == "female")
            .Select(r => r.Text("birth_date"))
            .Order(StringComparer.Ordinal)
            .ToList();
        const string Search =
            """{"filters":[{"column":"gender","comparison":"equals","value":"female"}],"sort":"birth_date","format":"FORMAT"}""";

        var json = await SendAsync(
            HttpMethod.Post,
            "/views/patients/rows/search",
            Search.Replace("FORMAT", "json", StringComparison.Ordinal),
            HttpStatusCode.OK
        );
        var csv = await TextAsync(Search.Replace("FORMAT", "csv", StringComparison.Ordinal));
        var ndjson = await TextAsync(Search.Replace("FORMAT", "ndjson", StringComparison.Ordinal));

        Assert.NotEmpty(expected);
        Assert.Equal(expected, json.EnumerateArray().Select(r => r.Text("birth_date")));
        Assert.Equal(json.EnumerateArray().Select(r => r.GetRawText()), ndjson.TrimEnd('\n').Split('\n'));
        Assert.Equal(expected.Count + 1, csv.TrimEnd().Split("\r\n").Length);

        async Task<string> TextAsync(string body)
        {
            using var content = new StringContent(body, MediaTypeHeaderValue.Parse("application/json"));
            using var response = await Http.PostAsync("/views/patients/rows/search", content);
            return await response.Content.ReadAsStringAsync();
        }
    }

    [Fact]
    public async Task A_view_is_put_filled_by_a_run_read_and_rebuilt()
    {
        const string View = """
            {"resourceType":"ViewDefinition","name":"names","resource":"Patient","select":[
              {"column":[{"name":"gender","path":"gender","type":"code"}]},
              {"forEach":"name","column":[{"name":"family","path":"family","type":"string"},{"name":"given","path":"given","type":"string","collection":true}]}]}
            """;
        var preview = await SendAsync(HttpMethod.Post, "/views/names/preview?limit=5", View, HttpStatusCode.OK);
        Assert.Equal(5, preview.Number("resources"));
        Assert.Equal(["gender", "family", "given"], preview.GetProperty("rows")[0].Keys());
        await Http.GetJsonAsync("/views/names", HttpStatusCode.NotFound);

        var put = await SendAsync(HttpMethod.Put, "/views/names", View, HttpStatusCode.Accepted);
        Assert.Equal(("building", "many"), (put.Text("outcome"), put.GetProperty("view").Text("rows_per_resource")));
        var run = await EndOfAsync(put);
        Assert.Equal(("SUCCESS", "view:names", "Patient"), (run.Text("status"), run.Text("source"), run.Text("resource_type")));
        Assert.Equal(run.GetProperty("progress").Number("total"), run.GetProperty("progress").Number("fetched"));
        Assert.Equal("names", run.GetProperty("details").Text("view"));

        var rows = (await Http.GetJsonAsync("/views/names/rows")).EnumerateArray().ToList();
        Assert.Equal(["source", "id", "row_index", "gender", "family", "given"], rows[0].Keys());
        Assert.Equal(api.Summaries["/ingest/patients"].Number("upserted"), rows.Select(r => r.Text("id")).Distinct().Count());
        Assert.Equal(JsonValueKind.Array, rows[0].GetProperty("given").ValueKind);

        Assert.Equal("unchanged", (await SendAsync(HttpMethod.Put, "/views/names", View, HttpStatusCode.OK)).Text("outcome"));
        var rebuild = await Http.PostJsonAsync("/views/names/rebuild", HttpStatusCode.Accepted);
        await EndOfAsync(rebuild);
        Assert.Equal(
            rows.Select(r => r.GetRawText()),
            (await Http.GetJsonAsync("/views/names/rows")).EnumerateArray().Select(r => r.GetRawText())
        );
    }

    [Fact]
    public async Task Text_that_begins_a_formula_is_quoted_in_CSV()
    {
        const string View = """
            {"resourceType":"ViewDefinition","name":"formulas","resource":"Patient","select":[{"column":[
              {"name":"formula","path":"'=1+1'","type":"string"},{"name":"number","path":"'-5'","type":"string"},{"name":"quote","path":"'a,\"b\"'","type":"string"}]}]}
            """;
        var put = await SendAsync(HttpMethod.Put, "/views/formulas", View, HttpStatusCode.Accepted);
        await EndOfAsync(put);

        var csv = await Http.GetStringAsync("/views/formulas/rows?format=csv&limit=1");

        Assert.EndsWith(",'=1+1,-5,\"a,\"\"b\"\"\"\r\n", csv, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "PUT",
        "/views/x",
        """{"resourceType":"ViewDefinition","name":"x","resource":"Patient","select":[{"column":[{"name":"a","path":"gender","type":"datetime"}]}]}""",
        422,
        "select[0].column[0].type: datetime is no FHIR type"
    )]
    [InlineData(
        "PUT",
        "/views/x",
        """{"resourceType":"ViewDefinition","resource":"Patient","select":[{"column":[{"name":"a","path":"gender"}]}]}""",
        422,
        "name: the view needs a name: it is the table's"
    )]
    [InlineData(
        "PUT",
        "/views/x",
        """{"resourceType":"ViewDefinition","name":"y","resource":"Patient","select":[{"column":[{"name":"a","path":"gender"}]}]}""",
        422,
        "name: 'y' is not 'x', the name in the path"
    )]
    [InlineData("PUT", "/views/x", "{", 422, "not JSON: ")]
    [InlineData("PUT", "/views/x", "", 422, "not JSON: ")]
    [InlineData("POST", "/views/x/preview", """{"name":"x"}""", 422, "resource: the type of resource is missing")]
    [InlineData("POST", "/views/x/preview", "", 404, "View not found")]
    [InlineData("POST", "/views/patients/preview?limit=0", "", 400, "limit must be ")]
    [InlineData("POST", "/views/x/rebuild", "", 404, "View not found")]
    [InlineData("GET", "/views/x/rows", null, 404, "View not found")]
    [InlineData("GET", "/views/resources/rows", null, 404, "View not found")]
    [InlineData("GET", "/views/patients/rows?format=xml", null, 400, "format must be json, csv or ndjson")]
    [InlineData("POST", "/views/x/rows/search", "{}", 404, "View not found")]
    [InlineData("POST", "/views/patients/rows/search", """{"format":"xml"}""", 400, "format must be json, csv or ndjson")]
    [InlineData("POST", "/views/patients/rows/search", """{"limit":-1}""", 400, "limit must not be negative")]
    [InlineData(
        "POST",
        "/views/patients/rows/search",
        """{"filters":[{"column":"family"}]}""",
        400,
        "each filter needs a column and a comparison"
    )]
    [InlineData("POST", "/views/patients/rows/search", """{"filters":[null]}""", 400, "each filter needs a column and a comparison")]
    [InlineData(
        "POST",
        "/views/patients/rows/search",
        """{"filters":[{"column":"family","comparison":"equals","value":"a\u0000b"}]}""",
        400,
        "the body must not contain the character NUL"
    )]
    [InlineData(
        "POST",
        "/views/patients/rows/search",
        """{"filters":[{"column":"birth_date","comparison":"at_least","value":"soon"}]}""",
        400,
        "birth_date is compared with a date"
    )]
    [InlineData(
        "POST",
        "/views/patients/rows/search",
        """{"sort":"family; DROP TABLE patients"}""",
        400,
        "the table patients has no column"
    )]
    public async Task A_refused_change_says_why(string method, string path, string? body, int status, string detail)
    {
        var problem = await SendAsync(new HttpMethod(method), path, body, (HttpStatusCode)status);
        Assert.StartsWith(detail, problem.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_of_another_type_is_refused()
    {
        using var content = new StringContent("name,resource", Encoding.UTF8, "text/csv");
        using var response = await Http.PutAsync("/views/x", content);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    private async Task<JsonElement> EndOfAsync(JsonElement change)
    {
        var path = $"/runs/{change.Number("run_id")}";
        await Eventually.Is(async () => (await Http.GetJsonAsync(path)).Text("status") != "RUNNING", $"{path} ended");
        return await Http.GetJsonAsync(path);
    }

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, string? body, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, MediaTypeHeaderValue.Parse("application/json"));
        using var response = await Http.SendAsync(request);
        var answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{method} {path}: {(int)response.StatusCode}, not {(int)expected}: {answer}");
        return JsonDocument.Parse(answer).RootElement;
    }
}

public sealed class SqliteViewEndpointTests(SqliteApi api) : ViewContract(api), IClassFixture<SqliteApi>;

public sealed class PostgresViewEndpointTests(PostgresApi api) : ViewContract(api), IClassFixture<PostgresApi>;

using System.Net;
using System.Text.Json;
using Interop.Api.Tests.Support;

namespace Interop.Api.Tests.Ingestion;

/// <summary>Invalid requests get a status and a detail that names the parameter and the reason.</summary>
public sealed class RefusalTests(SqliteApi api) : IClassFixture<SqliteApi>
{
    [Theory]
    [InlineData("GET", "/runs?limit=0", 400, "limit must be a whole number from 1 to 200, not '0'")]
    [InlineData("GET", "/runs?limit=201", 400, "limit must be a whole number from 1 to 200, not '201'")]
    [InlineData("GET", "/runs?limit=abc", 400, "limit must be a whole number from 1 to 200, not 'abc'")]
    [InlineData("GET", "/runs?limit=99999999999", 400, "limit must be a whole number from 1 to 200, not '99999999999'")]
    [InlineData("GET", "/runs?limit=1&limit=2", 400, "limit was given 2 times; it takes one value")]
    [InlineData(
        "GET",
        "/runs?since=yesterday",
        400,
        "since must be a date or an instant such as 2026-01-31 or 2026-01-31T08:00:00Z, not 'yesterday'"
    )]
    [InlineData(
        "GET",
        "/runs?until=2026-02-30",
        400,
        "until must be a date or an instant such as 2026-01-31 or 2026-01-31T08:00:00Z, not '2026-02-30'"
    )]
    [InlineData("GET", "/runs?include_details=7", 400, "include_details must be true or false, not '7'")]
    [InlineData("GET", "/runs/999999", 404, "Run not found")]
    [InlineData("GET", "/runs/999999/events", 404, "Run not found")]
    [InlineData("GET", "/runs/999999/deadletters", 404, "Run not found")]
    [InlineData("GET", "/runs/1/deadletters?limit=501", 400, "limit must be a whole number from 1 to 500, not '501'")]
    [InlineData("GET", "/runs/1/deadletters?stage=fetch", 400, "stage must be validate, transform, or load")]
    [InlineData("POST", "/runs/999999/cancel", 404, "Run not found")]
    [InlineData("POST", "/runs/999999/replay", 404, "Run not found")]
    [InlineData("POST", "/runs/1/replay?stage=fetch", 400, "Replay stage must be validate, transform, or load")]
    [InlineData("POST", "/ingest/Unicorn", 404, "Unknown resource type 'Unicorn'")]
    [InlineData("POST", "/ingest/patients?source=nowhere", 404, "Unknown source 'nowhere'")]
    [InlineData("POST", "/ingest/patients?source=a/b", 404, "Unknown source 'a/b'")]
    [InlineData("POST", "/ingest/patients?attempt=0", 400, "attempt must be a whole number, 1 or more, not '0'")]
    [InlineData("POST", "/ingest/patients?max_attempts=x", 400, "max_attempts must be a whole number, 1 or more, not 'x'")]
    [InlineData("POST", "/ingest/patients?full=maybe", 400, "full must be true or false, not 'maybe'")]
    [InlineData("POST", "/ingest/patients?patient_id=1", 400, "patient_id does not apply to patients")]
    [InlineData("POST", "/ingest/observations?patient_id=a%2Fb", 400, "patient_id is not a FHIR id: up to 64 letters, digits, '-' and '.'")]
    [InlineData("POST", "/export/Unicorn", 404, "Unknown resource type")]
    [InlineData("POST", "/export/Patient?run_id=999999", 404, "Run not found")]
    [InlineData("POST", "/export/Patient?run_id=x", 400, "run_id must be a whole number, not 'x'")]
    [InlineData("POST", "/export/Patient?limit=-1", 400, "limit must be a whole number, 0 or more, not '-1'")]
    [InlineData("POST", "/export/Patient?offset=-1", 400, "offset must be a whole number, 0 or more, not '-1'")]
    [InlineData(
        "POST",
        "/export/Patient?include_raw=false&include_normalized=false",
        400,
        "include_raw and include_normalized must not both be false"
    )]
    [InlineData("DELETE", "/checkpoints/nowhere/Patient", 404, "Checkpoint not found")]
    [InlineData("GET", "/runs/one", 404, "Not Found: GET /runs/one")]
    [InlineData("GET", "/ingest/patients", 405, "Method Not Allowed: GET /ingest/patients")]
    public async Task A_bad_request_gets_the_parameter_and_the_reason(string method, string path, int status, string detail)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await api.Http.SendAsync(request);
        var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal((HttpStatusCode)status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(detail, problem.Text("detail"));
        Assert.Equal(["detail", "status", "title", "traceId", "type"], problem.Keys().Order(StringComparer.Ordinal));
        Assert.Equal(status, problem.Number("status"));
        Assert.Matches("^[0-9a-f]{32}$", problem.Text("traceId"));
    }
}

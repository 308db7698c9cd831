using System.Net;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.Sandbox.Faults;
using Interop.Storage;
using Interop.TestServers;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Api.Tests.Ingestion;

/// <summary>Keys, statuses and errors of the ingestion endpoints as their callers know them, the same on both databases.</summary>
public abstract class IngestionContract(ApiFixture api)
{
    private static readonly string[] SummaryKeys =
    [
        "run_id",
        "resource",
        "source",
        "status",
        "since",
        "fetched",
        "validated",
        "invalid",
        "transform_errors",
        "upserted",
        "unchanged",
        "refetched",
        "load_errors",
        "checkpoint_before",
        "checkpoint_after",
        "dead_letters",
        "dead_letters_by_stage",
        "export_path",
        "duration_seconds",
    ];

    private HttpClient Http => api.Http;

    private long RunOf(string path) => api.Summaries[path].Number("run_id");

    [Theory]
    [InlineData("/ingest/patients")]
    [InlineData("/ingest/observations", "skipped_missing_patients")]
    [InlineData("/ingest/encounters", "skipped_missing_patients", "patient_backfill")]
    [InlineData("/ingest/conditions", "skipped_missing_patients", "patient_backfill")]
    public void A_summary_has_the_keys_of_its_type_and_its_numbers_add_up(string path, params string[] more)
    {
        var summary = api.Summaries[path];
        Assert.Equal([.. SummaryKeys, .. more], summary.Keys());
        Assert.Equal("SUCCESS", summary.Text("status"));
        Assert.Equal(api.Sandbox.Store.Count(summary.Text("resource")!), summary.Number("fetched"));
        Assert.Equal(summary.Number("fetched"), summary.Number("validated") + summary.Number("invalid"));
        Assert.Equal(summary.Number("validated"), summary.Number("upserted") + summary.Number("load_errors"));
        Assert.Equal(
            summary.Number("dead_letters"),
            summary.GetProperty("dead_letters_by_stage").EnumerateObject().Sum(s => s.Value.GetInt64())
        );
        Assert.EndsWith("Z", summary.Text("checkpoint_after"), StringComparison.Ordinal);
        Assert.Equal(api.Sandbox.Store.Bad(summary.Text("resource")!).Values.Sum(), summary.Number("invalid"));
        if (more.Contains("patient_backfill"))
            Assert.Equal(["requested", "fetched", "upserted"], summary.GetProperty("patient_backfill").Keys());
    }

    [Fact]
    public async Task The_second_run_of_a_type_changes_nothing()
    {
        var again = await Http.PostJsonAsync("/ingest/Patient");
        Assert.Equal((0, 0), (again.Number("upserted"), again.Number("dead_letters")));
        Assert.NotNull(again.Text("since"));
        Assert.Equal(api.Summaries["/ingest/patients"].Text("checkpoint_after"), again.Text("checkpoint_before"));
        Assert.Equal(again.Text("checkpoint_before"), again.Text("checkpoint_after"));
    }

    [Fact]
    public async Task A_run_of_one_patient_neither_reads_nor_moves_the_checkpoint()
    {
        var one = await Http.PostJsonAsync("/ingest/observations?patient_id=pat-3");
        Assert.Equal("pat-3", one.Text("patient_id"));
        Assert.Equal(22, one.Number("fetched"));
        Assert.Equal(
            [JsonValueKind.Null, JsonValueKind.Null],
            new[] { one.GetProperty("checkpoint_before").ValueKind, one.GetProperty("checkpoint_after").ValueKind }
        );
    }

    [Fact]
    public async Task One_run_shows_everything_that_is_known_of_it()
    {
        var run = await Http.GetJsonAsync($"/runs/{RunOf("/ingest/observations")}");
        Assert.Equal(
            [
                "run_id",
                "resource_type",
                "source",
                "status",
                "started_at",
                "finished_at",
                "duration_seconds",
                "details",
                "checkpoint_before",
                "checkpoint_after",
                "counters",
                "progress",
                "deadletters",
                "deadletter_sample",
                "replay_of_run_id",
            ],
            run.Keys()
        );
        Assert.Equal("""{"job":"nightly","attempt":2,"max_attempts":3}""", run.GetProperty("details").GetProperty("run_meta").GetRawText());
        Assert.Equal(["pages", "fetched", "total", "resources_per_second"], run.GetProperty("progress").Keys());
        Assert.Equal(["total", "by_stage"], run.GetProperty("deadletters").Keys());
        var sample = run.GetProperty("deadletter_sample").EnumerateArray().ToList();
        Assert.InRange(sample.Count, 1, 25);
        Assert.All(
            sample,
            letter =>
                Assert.Equal(["id", "resource_type", "resource_id", "stage", "error", "issues", "created_at", "resolved"], letter.Keys())
        );
    }

    [Fact]
    public async Task Runs_are_listed_newest_first_and_filtered()
    {
        var runs = await Http.GetJsonAsync("/runs?limit=200");
        Assert.All(
            runs.EnumerateArray(),
            run =>
                Assert.Equal(["run_id", "resource_type", "source", "status", "started_at", "finished_at", "duration_seconds"], run.Keys())
        );
        var ids = runs.EnumerateArray().Select(run => run.Number("run_id")).ToList();
        Assert.Equal(ids.OrderDescending(), ids);

        async Task<IEnumerable<long>> Found(string query) =>
            (await Http.GetJsonAsync($"/runs?limit=200&{query}")).EnumerateArray().Select(run => run.Number("run_id")).ToList();
        var nightly = RunOf("/ingest/observations");
        Assert.Equal([nightly], await Found("job=nightly"));
        Assert.Contains(RunOf("/ingest/patients"), await Found("resource_type=Patient&status=SUCCESS&source=default"));
        Assert.DoesNotContain(nightly, await Found("resource_type=Patient"));
        Assert.Empty(await Found("since=2999-01-01"));
        Assert.Empty(await Found("until=2000-01-01T00:00:00Z"));
        Assert.Single((await Http.GetJsonAsync("/runs?limit=1&include_details=true"))[0].GetProperty("details").Keys(), "run_meta");
    }

    [Fact]
    public async Task Metrics_count_runs_and_dead_letters()
    {
        var metrics = await Http.GetJsonAsync("/runs/metrics");
        Assert.Equal(["total", "by_status", "by_resource_type", "deadletters_by_stage"], metrics.Keys());
        Assert.InRange(metrics.GetProperty("by_status").Number("SUCCESS"), 4, metrics.Number("total"));
        Assert.InRange(metrics.GetProperty("deadletters_by_stage").Number("validate"), 1, long.MaxValue);
    }

    [Fact]
    public async Task Dead_letters_come_newest_first_and_with_their_json_only_when_asked()
    {
        var path = $"/runs/{RunOf("/ingest/observations")}/deadletters";
        var letters = (await Http.GetJsonAsync($"{path}?limit=500")).EnumerateArray().ToList();
        Assert.Equal(api.Summaries["/ingest/observations"].Number("dead_letters"), letters.Count);
        Assert.Equal(letters.Select(l => l.Number("id")).OrderDescending(), letters.Select(l => l.Number("id")));
        Assert.All(letters, letter => Assert.DoesNotContain("raw", letter.Keys()));

        var load = (await Http.GetJsonAsync($"{path}?limit=500&stage=load&include_raw=true")).EnumerateArray().ToList();
        Assert.NotEmpty(load);
        Assert.All(load, letter => Assert.Equal(letter.Text("resource_id"), letter.GetProperty("raw").Text("id")));
        Assert.All(load, letter => Assert.StartsWith("Missing patient_id in DB: ", letter.Text("error"), StringComparison.Ordinal));
        Assert.Single((await Http.GetJsonAsync($"{path}?limit=1")).EnumerateArray());
    }

    [Fact]
    public async Task A_dead_letter_that_is_not_json_is_shown_as_text()
    {
        const string Half = "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"\\uD800";
        var run = RunOf("/ingest/patients");
        var database = api.Services.GetRequiredService<Database>();
        await database.WriteAsync(
            (session, token) => session.ExecuteAsync("UPDATE dead_letters SET raw = @Half WHERE run_id = @run", new { Half, run }, token)
        );
        var letters = await Http.GetJsonAsync($"/runs/{run}/deadletters?include_raw=true");
        Assert.All(letters.EnumerateArray(), letter => Assert.Equal(Half, letter.Text("raw")));
    }

    [Fact]
    public async Task A_replay_is_a_new_run_over_the_open_letters_of_a_stage()
    {
        var original = RunOf("/ingest/encounters");
        var replay = await Http.PostJsonAsync($"/runs/{original}/replay");
        Assert.Equal(
            [
                .. SummaryKeys,
                "skipped_missing_patients",
                "patient_backfill",
                "replay_of_run_id",
                "replay_stage",
                "replay_source_count",
                "replay_raw_count",
                "replay_missing_raw",
            ],
            replay.Keys()
        );
        Assert.Equal((original, "validate"), (replay.Number("replay_of_run_id"), replay.Text("replay_stage")));
        Assert.Equal(api.Summaries["/ingest/encounters"].Number("invalid"), replay.Number("replay_source_count"));
        Assert.Equal(replay.Number("replay_source_count"), replay.Number("invalid"));
        Assert.Equal(0, replay.Number("replay_missing_raw"));
        Assert.Equal(original, (await Http.GetJsonAsync($"/runs/{replay.Number("run_id")}")).Number("replay_of_run_id"));
    }

    [Fact]
    public async Task An_active_run_can_be_followed_and_cancelled_and_blocks_another()
    {
        var before = await CheckpointAsync("Condition");
        api.Sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.SlowBody,
                Type = "Condition",
                Seconds = 20,
            }
        );
        try
        {
            var id = await Http.StartRunAsync("/ingest/conditions?full=true&attempt=2");
            var refused = await Http.PostJsonAsync("/ingest/Condition", HttpStatusCode.Conflict);
            Assert.Equal(id, refused.Number("run_id"));
            Assert.Contains($"Run {id}", refused.Text("detail"), StringComparison.Ordinal);
            Assert.Equal("RETRYING", (await Http.GetJsonAsync($"/runs/{id}")).Text("status"));

            using var events = await Http.GetAsync($"/runs/{id}/events", HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal("text/event-stream", events.Content.Headers.ContentType?.MediaType);
            using var reader = new StreamReader(await events.Content.ReadAsStreamAsync());
            Assert.Equal("event: progress", await reader.ReadLineAsync());

            var cancelled = await Http.PostJsonAsync($"/runs/{id}/cancel", HttpStatusCode.Accepted);
            Assert.Equal("CANCELLED", cancelled.Text("status"));
            var rest = await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Contains(
                "event: end\ndata: {\"run_id\":" + id + ",\"status\":\"CANCELLED\"",
                rest.ReplaceLineEndings("\n"),
                StringComparison.Ordinal
            );
            Assert.Equal("CANCELLED", (await Http.GetJsonAsync($"/runs/{id}")).Text("status"));
            Assert.Equal(before, await CheckpointAsync("Condition"));
        }
        finally
        {
            api.Sandbox.Faults.Clear();
        }
    }

    [Fact]
    public async Task A_caller_that_goes_away_does_not_cancel_the_run()
    {
        api.Sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.SlowHeaders,
                Type = "Encounter",
                Seconds = 1,
            }
        );
        try
        {
            using var leave = new CancellationTokenSource();
            var asked = Http.PostAsync("/ingest/encounters?full=true&job=left-alone", null, leave.Token);
            JsonElement runs = default;
            await Eventually.Is(
                async () => (runs = await Http.GetJsonAsync("/runs?job=left-alone")).GetArrayLength() == 1,
                "the run exists"
            );
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
            var id = runs[0].Number("run_id");
            await Eventually.Is(async () => (await Http.GetJsonAsync($"/runs/{id}")).Text("status") != "RUNNING", "the run ends");
            Assert.Equal("SUCCESS", (await Http.GetJsonAsync($"/runs/{id}")).Text("status"));
        }
        finally
        {
            api.Sandbox.Faults.Clear();
        }
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_fails_the_run_with_the_reason()
    {
        var failure = await Http.PostJsonAsync("/ingest/patients?source=down", HttpStatusCode.BadGateway);
        Assert.StartsWith("Upstream FHIR request failed: GET http://127.0.0.1:1/fhir/", failure.Text("detail"), StringComparison.Ordinal);
        var run = await Http.GetJsonAsync($"/runs/{failure.Number("run_id")}");
        Assert.Equal("FAILED", run.Text("status"));
        Assert.Equal(failure.Text("detail"), run.GetProperty("details").Text("error"));
        Assert.DoesNotContain("down/", await Http.GetStringAsync("/checkpoints"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_is_written_to_a_file_or_streamed()
    {
        var export = await Http.PostJsonAsync("/export/Patient?offset=1&limit=3");
        Assert.Equal(["resource_type", "run_id", "count", "include_raw", "include_normalized", "offset", "limit", "path"], export.Keys());
        var lines = (await File.ReadAllLinesAsync(export.Text("path")!)).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(3, lines.Count);
        Assert.All(lines, line => Assert.Equal(line.Text("id"), line.GetProperty("raw").Text("id")));
        Assert.EndsWith("Patient.db.ndjson", export.Text("path"), StringComparison.Ordinal);

        var all = await StreamAsync("/export/Patient?include_raw=false");
        Assert.Equal(api.Summaries["/ingest/patients"].Number("upserted"), all.Count);
        Assert.All(all, line => Assert.Equal(["source", "id", "family", "given", "gender", "birth_date", "run_id"], line.Keys()));
        var raw = await StreamAsync($"/export/Patient?include_normalized=false&offset=1&limit=3&run_id={RunOf("/ingest/patients")}");
        Assert.Equal(lines.Select(line => line.Text("id")), raw.Select(line => line.Text("id")));
        Assert.All(raw, line => Assert.Equal("Patient", line.Text("resourceType")));
    }

    [Fact]
    public async Task A_checkpoint_can_be_forgotten_and_comes_back_with_the_next_run()
    {
        var checkpoints = await Http.GetJsonAsync("/checkpoints");
        Assert.All(
            checkpoints.EnumerateArray(),
            c => Assert.Equal(["source", "resource_type", "last_successful_lastupdated", "updated_at"], c.Keys())
        );
        using (var deleted = await Http.DeleteAsync("/checkpoints/default/Observation"))
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await Http.SendJsonAsync(HttpMethod.Delete, "/checkpoints/default/Observation", HttpStatusCode.NotFound);
        var again = await Http.PostJsonAsync("/ingest/observations");
        Assert.Equal(JsonValueKind.Null, again.GetProperty("since").ValueKind);
        Assert.Equal(api.Sandbox.Store.Count("Observation"), again.Number("fetched"));
        Assert.Equal(api.Summaries["/ingest/observations"].Text("checkpoint_after"), again.Text("checkpoint_after"));
    }

    private async Task<string?> CheckpointAsync(string type) =>
        (await Http.GetJsonAsync("/checkpoints"))
            .EnumerateArray()
            .Single(c => c.Text("resource_type") == type)
            .Text("last_successful_lastupdated");

    private async Task<List<JsonElement>> StreamAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Headers = { { "Accept", "application/x-ndjson" } } };
        using var response = await Http.SendAsync(request);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        var text = await response.Content.ReadAsStringAsync();
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}

public sealed class SqliteIngestionTests(SqliteApi api) : IngestionContract(api), IClassFixture<SqliteApi>;

public sealed class PostgresIngestionTests(PostgresApi api) : IngestionContract(api), IClassFixture<PostgresApi>;

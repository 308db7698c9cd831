using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Sandbox;
using Interop.Sandbox.Control;
using Interop.Sandbox.Faults;
using Interop.Storage;
using Interop.TestServers;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>The rules of docs/watermark.md: no resource is lost, and few are fetched again.</summary>
public abstract class WatermarkTests(SharedSilo shared) : IngestionSuite(shared)
{
    private static DateTimeOffset Noon { get; } = new(2026, 1, 10, 12, 0, 0, TimeSpan.Zero);

    private static SandboxOptions Nothing { get; } = new() { Patients = 0 };

    [Fact]
    public async Task A_group_of_the_same_instant_larger_than_a_page_is_loaded_whole_even_when_its_search_expires()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        for (var i = 0; i < 90; i++)
            Put(sandbox, $"p{i}", i < 80 ? Noon : Noon.AddMinutes(i));
        sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.ExpiredPaging,
                Pages = [3],
                Times = 2,
            }
        );

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal(90, run.Counters.Upserted);
        Assert.Equal(90, run.Counters.Fetched);
        Assert.True(run.Counters.Refetched > 0, "the search did not begin anew");
        Assert.Equal(90, await Database.CountAsync("patients", source));
    }

    [Fact]
    public async Task Resources_without_last_updated_are_loaded_and_recognised_by_their_version()
    {
        var (sandbox, source) = await SandboxAsync(Small with { NoLastUpdatedShare = 0.5, BadShare = 0 });

        var first = await Client.RunAsync(source, "Patient");
        var again = await Client.RunAsync(source, "Patient", full: true);

        Assert.Equal(sandbox.Store.Count("Patient"), first.Counters.Upserted);
        Assert.True(await Database.CountAsync("resources", source, "last_updated IS NULL") > 0, "all had lastUpdated");
        Assert.Equal(sandbox.Store.Count("Patient"), again.Counters.Unchanged);
        Assert.Equal(0, again.Counters.Upserted);
    }

    [Fact]
    public async Task Instants_of_mixed_precision_and_offsets_are_compared_as_instants()
    {
        string[] stamps =
        [
            "2026-01-10T12:00:00Z",
            "2026-01-10T13:00:00.0000001+01:00",
            "2026-01-10T07:00:00.001-05:00",
            "2026-01-10T12:00:00.0010001Z",
            "2026-01-10T17:30:00.0010002+05:30",
        ];
        var (_, source) = await ScriptedAsync(request =>
            request.IsMetadata ? ScriptedAnswer.NotFound : ScriptedAnswer.Bundle(stamps.Select((s, i) => Patient($"p{i}", s)))
        );

        var run = await Client.RunAsync(source, "Patient");

        var ticks = await Database.ReadAsync(
            (session, token) =>
                session.QueryAsync<long>(
                    "SELECT last_updated_ticks FROM resources WHERE source = @source ORDER BY resource_id",
                    new { source },
                    token
                )
        );
        Assert.Equal([0, 1, 10_000, 10_001, 10_002], ticks.Select(t => t - Noon.UtcTicks));
        Assert.DoesNotContain("does not sort", await Client.WarningsAsync(run.RunId));
        Assert.Equal(Noon.AddMilliseconds(1), Truncated(run.CheckpointAfter!.Value));
    }

    [Fact]
    public async Task An_earlier_stamp_on_a_higher_version_is_still_the_newer_version()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        Put(sandbox, "p", Noon, family: "Old");
        Put(sandbox, "other", Noon.AddSeconds(60));
        await Client.RunAsync(source, "Patient");

        // The server's clock was set back: version 2 is stamped before version 1, within the overlap.
        Put(sandbox, "p", Noon.AddSeconds(-30), family: "New");
        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal(1, run.Counters.Upserted);
        Assert.Equal("New", await FamilyAsync(source, "p"));
    }

    [Theory]
    [InlineData(PagingMode.Snapshot)]
    [InlineData(PagingMode.Live)]
    public async Task A_resource_that_changes_while_its_result_is_paged_arrives_in_its_last_version(PagingMode paging)
    {
        var (sandbox, source) = await SandboxAsync(Nothing with { Paging = paging });
        for (var i = 0; i < 60; i++)
            Put(sandbox, $"p{i}", Noon.AddMinutes(i));
        sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.SlowHeaders,
                Seconds = 0.3,
                Pages = [2],
            }
        );

        // p0 has been read with page 1 and goes behind the cursor, to the end of the order, while page 2 is on its way.
        var runId = await Client.StartAsync(source, "Patient");
        await Eventually.Is(() => sandbox.Faults.Fired.ContainsKey(FaultKind.SlowHeaders), "the second page was asked for");
        Put(sandbox, "p0", DateTimeOffset.UtcNow, family: "Moved");
        await Client.EndOfAsync(runId);
        await Client.RunAsync(source, "Patient");

        Assert.Equal("Moved", await FamilyAsync(source, "p0"));
        Assert.Equal(60, await Database.CountAsync("patients", source));
    }

    [Fact]
    public async Task One_resource_stamped_far_in_the_future_is_loaded_and_warned_about_and_does_not_end_ingestion()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        Put(sandbox, "p1", Noon);
        Put(sandbox, "future", new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero));

        var first = await Client.RunAsync(source, "Patient");
        Put(sandbox, "p2", Noon.AddSeconds(10));
        var second = await Client.RunAsync(source, "Patient");

        Assert.Equal(2, first.Counters.Upserted);
        Assert.Contains("2099", await Client.WarningsAsync(first.RunId));
        Assert.Equal(Noon, first.CheckpointAfter);
        Assert.Equal(1, second.Counters.Upserted);
        Assert.Equal(Noon.AddSeconds(10), second.CheckpointAfter);
    }

    [Fact]
    public async Task The_watermark_never_goes_past_the_servers_own_clock()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        Put(sandbox, "p1", DateTimeOffset.UtcNow.AddHours(-3));
        Put(sandbox, "p2", DateTimeOffset.UtcNow.AddHours(-1));
        sandbox.Faults.Set(new FaultRule { Kind = FaultKind.ClockSkew, Seconds = -7200 });

        var run = await Client.RunAsync(source, "Patient");

        Assert.InRange(run.CheckpointAfter!.Value, DateTimeOffset.UtcNow.AddHours(-3.1), DateTimeOffset.UtcNow.AddHours(-2));
    }

    [Fact]
    public async Task A_run_of_one_patient_neither_reads_nor_moves_the_checkpoint()
    {
        var (sandbox, source) = await SandboxAsync();
        await Client.RunAsync(source, "Patient");
        var patient = sandbox.Store.Ids("Patient")[0];

        var first = await Client.RunAsync(source, "Observation", patientId: patient);
        var all = await Client.RunAsync(source, "Observation");
        var again = await Client.RunAsync(source, "Observation", patientId: patient);

        Assert.Equal((null, null), (first.CheckpointBefore, first.CheckpointAfter));
        Assert.Null(all.Since);
        Assert.Equal(sandbox.Store.Count("Observation"), all.Counters.Fetched);
        Assert.Null(again.Since);
        Assert.Equal(first.Counters.Fetched, again.Counters.Fetched);
        Assert.InRange(first.Counters.Fetched, 1, 6);
        Assert.Equal(all.CheckpointAfter, await CheckpointAsync(source, "Observation"));
    }

    [Fact]
    public async Task A_full_run_fetches_everything_and_does_not_move_the_checkpoint_back()
    {
        var (sandbox, source) = await SandboxAsync();
        var first = await Client.RunAsync(source, "Patient");
        // A server that lost its newest data in a restore.
        new Mutation
        {
            Kind = MutationKind.Delete,
            Type = "Patient",
            Ids = [.. sandbox.Store.Ids("Patient").TakeLast(5)],
        }.ApplyTo(sandbox.Store);

        var full = await Client.RunAsync(source, "Patient", full: true);

        Assert.Null(full.Since);
        Assert.Equal(sandbox.Store.Count("Patient"), full.Counters.Fetched);
        Assert.Equal(0, full.Counters.Upserted);
        Assert.Equal(first.CheckpointAfter, full.CheckpointAfter);
    }

    [Fact]
    public async Task An_incremental_run_begins_the_overlap_before_the_checkpoint()
    {
        var (server, source) = await ScriptedAsync(request =>
            request.IsMetadata ? ScriptedAnswer.NotFound : ScriptedAnswer.Bundle([Patient("p", "2026-01-10T12:00:00.123Z")])
        );
        await Client.RunAsync(source, "Patient");

        var second = await Client.RunAsync(source, "Patient");

        Assert.Equal("ge2026-01-10T11:58:00.123Z", server.Requests[^1].Query["_lastUpdated"]);
        Assert.Equal((1, 1, 0), (second.Counters.Fetched, second.Counters.Unchanged, second.Counters.Upserted));
    }

    [Fact]
    public async Task A_server_that_does_not_sort_ends_with_the_highest_instant_as_its_watermark()
    {
        var (_, source) = await ScriptedAsync(request =>
            request.IsMetadata ? ScriptedAnswer.NotFound
            : request.Query["page"] == "2"
                ? ScriptedAnswer.Bundle([Patient("c", "2026-01-10T12:03:00Z"), Patient("d", "2026-01-10T12:01:00Z")])
            : ScriptedAnswer.Bundle(
                [Patient("a", "2026-01-10T12:02:00Z"), Patient("b", "2026-01-10T12:00:00Z")],
                $"{request.Base}Patient?page=2"
            )
        );

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal(4, run.Counters.Upserted);
        Assert.Contains("does not sort", await Client.WarningsAsync(run.RunId));
        Assert.Equal(Noon.AddMinutes(3), run.CheckpointAfter);
    }

    [Fact]
    public async Task A_server_without_last_updated_is_crawled_whole_and_the_run_says_so()
    {
        const string Capabilities =
            """{"resourceType":"CapabilityStatement","rest":[{"resource":[{"type":"Patient","searchParam":[{"name":"_id"},{"name":"name"}]}]}]}""";
        var family = "Old";
        var (server, source) = await ScriptedAsync(request =>
            request.IsMetadata
                ? new ScriptedAnswer(200, Capabilities)
                : ScriptedAnswer.Bundle([Bare("a", "Same"), Bare("b", Volatile.Read(ref family))])
        );
        var first = await Client.RunAsync(source, "Patient");
        Volatile.Write(ref family, "New");

        var second = await Client.RunAsync(source, "Patient");

        Assert.Contains("full crawl", await Client.WarningsAsync(first.RunId));
        Assert.All(server.Requests, r => Assert.False(r.Query.ContainsKey("_sort") || r.Query.ContainsKey("_lastUpdated")));
        Assert.Equal((2, 1, 1), (second.Counters.Fetched, second.Counters.Unchanged, second.Counters.Upserted));
        Assert.Equal("New", await FamilyAsync(source, "b"));
    }

    [Theory]
    [InlineData("9", "10", "New")]
    [InlineData("10", "9", "Old")]
    [InlineData("007", "8", "New")]
    public async Task Versions_are_compared_as_numbers(string stored, string incoming, string kept)
    {
        Assert.Equal(
            kept,
            await AfterBothAsync(Patient("p", "2026-01-10T12:00:00Z", "Old", stored), Patient("p", "2026-01-10T12:00:00Z", "New", incoming))
        );
    }

    [Theory]
    [InlineData("2026-01-10T12:00:01Z", "New")]
    [InlineData("2026-01-10T11:59:59Z", "Old")]
    [InlineData("2026-01-10T12:00:00Z", "Old")]
    public async Task The_same_version_is_newer_only_when_its_instant_is(string instant, string kept) =>
        Assert.Equal(kept, await AfterBothAsync(Patient("p", "2026-01-10T12:00:00Z", "Old", "1"), Patient("p", instant, "New", "1")));

    [Fact]
    public async Task Two_versions_of_the_same_instant_are_settled_by_reading_the_server()
    {
        var found = Patient("p", "2026-01-10T12:00:00Z", "Old", "abc");
        var (server, source) = await ScriptedAsync(request =>
            request.Path == "Patient/p" ? new ScriptedAnswer(200, Patient("p", "2026-01-10T12:00:00Z", "Holds", "ghi"))
            : request.IsMetadata ? ScriptedAnswer.NotFound
            : ScriptedAnswer.Bundle([Volatile.Read(ref found)])
        );
        await Client.RunAsync(source, "Patient");
        Volatile.Write(ref found, Patient("p", "2026-01-10T12:00:00Z", "New", "def"));

        var run = await Client.RunAsync(source, "Patient");

        Assert.Single(server.Requests, r => r.Path == "Patient/p");
        Assert.Equal("Holds", await FamilyAsync(source, "p"));
        Assert.Equal(1, run.Counters.Upserted);
    }

    [Fact]
    public async Task Two_versions_of_the_same_instant_in_one_page_are_settled_by_reading_the_server()
    {
        var (_, source) = await ScriptedAsync(request =>
            request.Path == "Patient/p" ? new ScriptedAnswer(200, Patient("p", "2026-01-10T12:00:00Z", "Holds", "b"))
            : request.IsMetadata ? ScriptedAnswer.NotFound
            : ScriptedAnswer.Bundle([Patient("p", "2026-01-10T12:00:00Z", "One", "a"), Patient("p", "2026-01-10T12:00:00Z", "Holds", "b")])
        );

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal(RunStatus.Success, run.Status);
        Assert.Equal("Holds", await FamilyAsync(source, "p"));
    }

    /// <summary>The family that is stored after one run brought the first and the next run the second.</summary>
    private async Task<string?> AfterBothAsync(string first, string second)
    {
        var (_, source) = await ScriptedAsync(request =>
            request.IsMetadata ? ScriptedAnswer.NotFound : ScriptedAnswer.Bundle([Volatile.Read(ref first)])
        );
        await Client.RunAsync(source, "Patient");
        Volatile.Write(ref first, second);
        Assert.Equal(RunStatus.Success, (await Client.RunAsync(source, "Patient")).Status);
        return await FamilyAsync(source, "p");
    }

    private static void Put(SandboxServer sandbox, string id, DateTimeOffset lastUpdated, string family = "Example") =>
        sandbox.Store.Put(System.Text.Encoding.UTF8.GetBytes(Bare(id, family)), lastUpdated);

    private static string Bare(string id, string family) =>
        $$"""{"resourceType":"Patient","id":"{{id}}","name":[{"family":"{{family}}"}]}""";

    private static string Patient(string id, string lastUpdated, string family = "Example", string version = "1") =>
        $$"""{"resourceType":"Patient","id":"{{id}}","meta":{"versionId":"{{version}}","lastUpdated":"{{lastUpdated}}"},"name":[{"family":"{{family}}"}]}""";

    // PostgreSQL keeps instants to a microsecond.
    private static DateTimeOffset Truncated(DateTimeOffset at) => new(at.UtcTicks - at.UtcTicks % 10_000, TimeSpan.Zero);

    private Task<string?> FamilyAsync(string source, string id) =>
        Database.ValueAsync<string>("SELECT family FROM patients WHERE source = @source AND id = @id", new { source, id });

    private async Task<DateTimeOffset?> CheckpointAsync(string source, string type) =>
        (await Client.IngestionQueries().ListCheckpoints())
            .FirstOrDefault(c => c.Source == source && c.ResourceType == type)
            ?.LastSuccessfulLastupdated;
}

[Collection(OnSqlite.Name)]
public sealed class WatermarkOnSqliteTests(SqliteSilo silo) : WatermarkTests(silo);

[Collection(OnPostgres.Name)]
public sealed class WatermarkOnPostgresTests(PostgresSilo silo) : WatermarkTests(silo);

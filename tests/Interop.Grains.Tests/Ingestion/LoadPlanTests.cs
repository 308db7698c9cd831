using Interop.Fhir.Client;
using Interop.Ingestion;
using Interop.Ingestion.DeadLetters;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Loading;
using Interop.Ingestion.Preparing;
using Interop.Ingestion.Resources;
using Interop.Ingestion.Runs;
using Interop.Ingestion.Views;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>The plan for a page, made from the page and the stored versions.</summary>
public sealed class LoadPlanTests
{
    private const long ThisRun = 7;
    private const long EarlierRun = 3;

    private static Dictionary<(string, string), StoredResource> Nothing { get; } = [];

    [Fact]
    public void A_new_resource_is_written_and_counted()
    {
        var plan = Make([Resource("a", "1")]);

        Assert.Equal(["a"], plan.Writes.Select(w => w.Id));
        Assert.Equal((1, 1, 1, 0), Counts(plan));
    }

    [Theory]
    [InlineData("1", EarlierRun, "unchanged")]
    [InlineData("3", EarlierRun, "unchanged")]
    [InlineData("1", ThisRun, "refetched")]
    [InlineData("3", ThisRun, "refetched")]
    [InlineData("0", EarlierRun, "written")]
    [InlineData("0", ThisRun, "written")]
    public void The_stored_version_decides_whether_a_version_is_written_unchanged_or_refetched(
        string storedVersion,
        long storedBy,
        string expected
    )
    {
        var plan = Make([Resource("a", "1")], Stored("a", storedVersion, storedBy));

        Assert.Equal(expected == "written" ? 1 : 0, plan.Writes.Count);
        Assert.Equal(expected == "unchanged" ? [SeenAs.Unchanged] : [], plan.Seen.Select(s => s.As));
        Assert.Equal(expected == "refetched" ? 1 : 0, plan.Counters.Refetched);
    }

    [Fact]
    public void Of_two_versions_in_a_page_the_newest_is_written_and_both_are_counted()
    {
        var plan = Make([Resource("a", "1"), Resource("a", "3"), Resource("a", "2")]);

        Assert.Equal("3", Assert.Single(plan.Writes).Version.VersionId);
        Assert.Equal((2, 2, 2, 1), Counts(plan));
    }

    [Fact]
    public void The_same_version_twice_in_a_page_counts_once()
    {
        var plan = Make([Resource("a", "1"), Resource("a", "1")]);

        Assert.Single(plan.Writes);
        Assert.Equal((1, 1, 1, 1), Counts(plan));
    }

    [Fact]
    public void A_deleted_resource_that_is_there_again_is_written()
    {
        var stored = new Dictionary<(string, string), StoredResource>
        {
            [("Patient", "a")] = new(Version("5"), EarlierRun, IsDeleted: true),
        };

        Assert.Single(Make([Resource("a", "6")], stored).Writes);
    }

    [Fact]
    public void A_deletion_removes_what_is_stored_once()
    {
        var deletion = Resource("a", "2", EntryKind.Deletion);

        Assert.Single(Make([deletion], Stored("a", "1", EarlierRun)).Deletions);
        Assert.Empty(Make([deletion]).Deletions);
        Assert.Equal(1, Make([deletion, deletion], Stored("a", "1", EarlierRun)).Counters.Deleted);
    }

    [Theory]
    [InlineData(nameof(EntryKind.Include))]
    [InlineData(nameof(EntryKind.MissingPatient))]
    public void Includes_and_missing_patients_are_written_and_not_counted_as_fetched(string name)
    {
        var kind = Enum.Parse<EntryKind>(name);
        var plan = Make([Resource("a", "1", kind)]);

        Assert.Single(plan.Writes);
        Assert.Equal((0, 0, 0, 0), Counts(plan));
        Assert.Equal(kind == EntryKind.Include ? (1, 0) : (0, 1), (plan.Counters.Included, plan.Counters.PatientsUpserted));
    }

    [Fact]
    public void A_tie_that_was_not_read_from_the_server_asks_for_a_new_preparation() =>
        Assert.Null(TryMake([Resource("a", "x", ticks: 10)], Stored("a", "y", EarlierRun, 10)));

    [Fact]
    public void A_version_read_from_the_server_settles_a_tie() =>
        Assert.Single(Make([Resource("a", "x", ticks: 10, isReadToSettleTie: true)], Stored("a", "y", EarlierRun, 10)).Writes);

    [Fact]
    public void A_resource_that_was_recognised_and_is_not_stored_any_more_asks_for_a_new_preparation()
    {
        var recognised = Resource("a", "1");
        recognised.ResourceRow = -1;

        Assert.Null(TryMake([recognised]));
    }

    [Theory]
    [InlineData(DeadLetterStage.Validate, 1, 0, 0)]
    [InlineData(DeadLetterStage.Transform, 0, 1, 0)]
    [InlineData(DeadLetterStage.Load, 0, 0, 1)]
    public void A_failure_is_a_letter_and_counted_by_its_stage(string stage, long invalid, long transform, long load)
    {
        var plan = Make([Failed("a", "1", stage)]);

        Assert.Single(plan.NewLetters);
        Assert.Equal(
            (invalid, transform, load, 1),
            (plan.Counters.Invalid, plan.Counters.TransformErrors, plan.Counters.LoadErrors, plan.Counters.DeadLetters)
        );
    }

    [Theory]
    [InlineData(ThisRun, 1, 0)]
    [InlineData(EarlierRun, 0, 1)]
    public void An_open_letter_is_not_opened_again(long openedBy, int refetched, int seen)
    {
        var plan = Make([Failed("a", "1", DeadLetterStage.Validate)], letters: [Letter(1, "a", "1", openedBy)]);

        Assert.Empty(plan.NewLetters);
        Assert.Equal((refetched, seen), (plan.Counters.Refetched, plan.Seen.Count));
    }

    [Fact]
    public void Another_version_or_another_stage_is_another_letter()
    {
        var plan = Make(
            [Failed("a", "2", DeadLetterStage.Validate), Failed("a", "1", DeadLetterStage.Load)],
            letters: [Letter(1, "a", "1", EarlierRun)]
        );

        Assert.Equal(2, plan.NewLetters.Count);
    }

    [Fact]
    public void A_loaded_version_resolves_its_own_letters_and_those_of_older_versions()
    {
        var plan = Make(
            [Resource("a", "2")],
            letters: [Letter(1, "a", "1", EarlierRun), Letter(2, "a", "2", EarlierRun), Letter(3, "a", "3", EarlierRun)]
        );

        Assert.Equal([1, 2], plan.Superseded.Order());
        Assert.Empty(plan.Replayed);
    }

    [Fact]
    public void A_replay_resolves_its_letter_and_keeps_a_newer_version()
    {
        var plan = Make([Resource("a", "1", letterId: 1)], Stored("a", "2", EarlierRun), [Letter(1, "a", "1", EarlierRun)], isReplay: true);

        Assert.Empty(plan.Writes);
        Assert.Equal([1], plan.Replayed);
    }

    [Theory]
    [InlineData(10L)]
    [InlineData(null)]
    public void A_replay_keeps_the_stored_version_when_the_order_is_unknown(long? ticks) =>
        Assert.Empty(Make([Resource("a", "x", letterId: 1, ticks: ticks)], Stored("a", "y", EarlierRun, ticks), isReplay: true).Writes);

    [Fact]
    public void A_replayed_letter_that_fails_again_is_renewed_and_not_doubled()
    {
        var plan = Make(
            [Failed("a", "1", DeadLetterStage.Validate, letterId: 1)],
            letters: [Letter(1, "a", "1", EarlierRun)],
            isReplay: true
        );

        Assert.Single(plan.RenewedLetters);
        Assert.Empty(plan.NewLetters);
    }

    [Fact]
    public void A_replayed_letter_that_fails_where_another_is_open_is_settled_by_that_one()
    {
        var plan = Make(
            [Failed("a", "1", DeadLetterStage.Load, letterId: 1)],
            letters: [Letter(1, "a", "1", EarlierRun), Letter(2, "a", "1", EarlierRun, DeadLetterStage.Load)],
            isReplay: true
        );

        Assert.Equal([1], plan.Superseded);
        Assert.Empty(plan.RenewedLetters);
    }

    [Fact]
    public void A_resource_that_failed_in_this_run_and_loads_now_stays_counted_once()
    {
        var plan = Make([Resource("a", "1")], letters: [Letter(1, "a", "1", ThisRun, DeadLetterStage.Load)]);

        Assert.Equal((0, 0, 1, 1), Counts(plan));
        Assert.Equal(-1, plan.Counters.LoadErrors);
        Assert.Equal([1], plan.Superseded);
    }

    [Fact]
    public void A_resource_with_an_open_letter_of_an_earlier_run_is_counted_by_what_this_run_has_seen()
    {
        var plan = Make([Resource("a", "1")], letters: [Letter(1, "a", "1", EarlierRun, DeadLetterStage.Load)]);

        Assert.Equal((0, 0, 0, 0), Counts(plan));
        Assert.Equal(SeenAs.LoadError, Assert.Single(plan.Recovered).As);
    }

    private static (long, long, long, long) Counts(LoadPlan plan) =>
        (plan.Counters.Fetched, plan.Counters.Validated, plan.Counters.Upserted, plan.Counters.Refetched);

    private static LoadPlan Make(
        PreparedResource[] resources,
        Dictionary<(string, string), StoredResource>? stored = null,
        OpenLetter[]? letters = null,
        bool isReplay = false
    )
    {
        var plan = TryMake(resources, stored, letters, isReplay);
        Assert.NotNull(plan);
        return plan;
    }

    private static LoadPlan? TryMake(
        PreparedResource[] resources,
        Dictionary<(string, string), StoredResource>? stored = null,
        OpenLetter[]? letters = null,
        bool isReplay = false
    )
    {
        using var page = new PreparedPage(new IncomingPage([.. resources.Select(r => r.Incoming)]), [.. resources], new ViewSet(0, []));
        var run = new RunRecord
        {
            RunId = ThisRun,
            Source = "s",
            ResourceType = "Patient",
            ReplayOfRunId = isReplay ? EarlierRun : null,
        };
        return LoadPlan.Make(run, page, stored ?? Nothing, (letters ?? []).ToLookup(l => (l.ResourceType, l.ResourceId)));
    }

    private static ResourceVersion Version(string version, long? ticks = null) => new(version, ticks, $"content of {version}");

    private static Dictionary<(string, string), StoredResource> Stored(string id, string version, long runId, long? ticks = null) =>
        new() { [("Patient", id)] = new(Version(version, ticks), runId, IsDeleted: false) };

    private static PreparedResource Resource(
        string id,
        string version,
        EntryKind kind = EntryKind.Match,
        long? letterId = null,
        long? ticks = null,
        bool isReadToSettleTie = false
    ) =>
        new(
            new IncomingResource(default, new ResourceHeader("Patient", id, version, null), kind, null, letterId),
            "Patient",
            id,
            Version(version, ticks)
        )
        {
            ResourceRow = 0,
            WinsTies = isReadToSettleTie,
        };

    private static PreparedResource Failed(string id, string version, string stage, long? letterId = null)
    {
        var resource = Resource(id, version, letterId: letterId);
        resource.Failure = new Failure(stage, "bad");
        return resource;
    }

    private static OpenLetter Letter(long id, string resourceId, string version, long runId, string stage = DeadLetterStage.Validate) =>
        new()
        {
            Id = id,
            ResourceType = "Patient",
            ResourceId = resourceId,
            VersionId = version,
            ContentHash = $"content of {version}",
            VersionKey = version,
            Stage = stage,
            RunId = runId,
        };
}

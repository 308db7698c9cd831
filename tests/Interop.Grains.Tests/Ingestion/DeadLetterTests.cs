using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Sandbox;
using Interop.Sandbox.Control;
using Interop.Storage;
using Interop.TestServers;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>A bad resource is one dead letter with its reason until a good version is loaded.</summary>
public abstract class DeadLetterTests(SharedSilo shared) : IngestionSuite(shared)
{
    private static SandboxOptions Nothing { get; } = new() { Patients = 0 };

    [Fact]
    public async Task A_bad_resource_is_one_open_letter_however_often_it_comes_again()
    {
        var (sandbox, source) = await SandboxAsync();
        var first = await Client.RunAsync(source, "Patient");

        var second = await Client.RunAsync(source, "Patient", full: true);

        Assert.True(first.Counters.DeadLetters > 0);
        Assert.Equal(sandbox.Stats.Bad["Patient"], first.Counters.DeadLetters);
        Assert.Equal(first.Counters.Invalid, second.Counters.Invalid);
        Assert.Equal(0, second.Counters.DeadLetters);
        Assert.Equal(first.Counters.DeadLetters, await Database.CountAsync("dead_letters", source));
    }

    [Fact]
    public async Task A_letter_carries_the_issues_with_their_locations_and_the_resource_as_received()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        const string Bad = """{"resourceType":"Patient","id":"p","gender":"F","birthDate":"last Tuesday"}""";
        Put(sandbox, Bad);

        var run = await Client.RunAsync(source, "Patient");

        var letter = (await Client.IngestionQueries().ListDeadLetters(run.RunId, null, 10, includeRaw: true))!.Value.Single();
        Assert.Equal(("Patient", "p", DeadLetterStage.Validate), (letter.ResourceType, letter.ResourceId, letter.Stage));
        Assert.Contains("Patient.gender", letter.Issues.Text);
        Assert.Contains("Patient.birthDate", letter.Issues.Text);
        Assert.Equal(System.Text.Encoding.UTF8.GetString(sandbox.Store.Read("Patient", "p")!), letter.Raw!.Text);
    }

    [Fact]
    public async Task Resources_without_an_id_are_each_a_letter_of_their_own()
    {
        var (_, source) = await ScriptedAsync(request =>
            request.IsMetadata
                ? ScriptedAnswer.NotFound
                : ScriptedAnswer.Bundle(
                    Enumerable.Range(0, 3).Select(i => $$"""{"resourceType":"Patient","meta":{"versionId":"1"},"birthDate":"200{{i}}"}""")
                )
        );

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal((3, 3, 3), (run.Counters.Fetched, run.Counters.Invalid, run.Counters.DeadLetters));
        Assert.Equal(3, await Database.CountAsync("dead_letters", source));
    }

    [Fact]
    public async Task A_newer_version_that_loads_resolves_the_letter_as_superseded()
    {
        var (sandbox, source) = await SandboxAsync(Small);
        await Client.RunAsync(source, "Patient");
        var bad = await Database.CountAsync("dead_letters", source, "NOT resolved");
        new Mutation
        {
            Kind = MutationKind.Fix,
            Type = "Patient",
            Count = 1,
        }.ApplyTo(sandbox.Store);

        await Client.RunAsync(source, "Patient");

        Assert.Equal(bad - 1, await Database.CountAsync("dead_letters", source, "NOT resolved"));
        Assert.Equal(1, await Database.CountAsync("dead_letters", source, "resolution = 'superseded'"));
        Assert.Equal(sandbox.Store.Count("Patient") - bad + 1, await Database.CountAsync("patients", source));
    }

    [Fact]
    public async Task A_good_version_that_turns_bad_stays_stored_with_a_letter_beside_it()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        Put(sandbox, """{"resourceType":"Patient","id":"p","gender":"female"}""");
        await Client.RunAsync(source, "Patient");
        Put(sandbox, """{"resourceType":"Patient","id":"p","gender":"F"}""");

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal(1, run.Counters.Invalid);
        Assert.Equal("female", await Database.ValueAsync<string>("SELECT gender FROM patients WHERE source = @source", new { source }));
    }

    [Fact]
    public async Task A_replay_of_a_resource_that_is_still_invalid_leaves_the_letter_open_with_its_error()
    {
        var (_, source) = await SandboxAsync();
        var run = await Client.RunAsync(source, "Patient");

        var replay = await Client.ReplayAsync(source, "Patient", run.RunId, DeadLetterStage.Validate);

        Assert.Equal(RunStatus.Success, replay.Status);
        Assert.Equal(run.Counters.Invalid, replay.Counters.Invalid);
        Assert.Equal((run.Counters.DeadLetters, run.Counters.DeadLetters, 0), Counts(replay.Replay!));
        Assert.Equal(run.Counters.DeadLetters, await Database.CountAsync("dead_letters", source, "NOT resolved"));
        Assert.Null(replay.CheckpointAfter);
    }

    [Fact]
    public async Task A_failing_transform_is_a_letter_and_its_replay_loads_once_the_view_is_corrected()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        foreach (var (id, text) in (ReadOnlySpan<(string, string)>)[("a", "fine"), ("b", "trip"), ("c", "fine")])
            Put(sandbox, BasicsView.Resource(id, text, withCoding: text == "trip"));
        await BasicsView.PutAsync(Shared.Silo, BasicsView.FailsOnCodings);
        var run = await Client.RunAsync(source, "Basic");
        await BasicsView.PutAsync(Shared.Silo, BasicsView.Sound);
        var rowsBefore = await Database.CountAsync("basics", source);

        var replay = await Client.ReplayAsync(source, "Basic", run.RunId, DeadLetterStage.Transform);

        Assert.Equal((3, 1, 2, 1), (run.Counters.Fetched, run.Counters.TransformErrors, run.Counters.Upserted, run.Counters.DeadLetters));
        var letter = (await Client.DetailAsync(run.RunId)).DeadletterSample.Single();
        Assert.Equal((DeadLetterStage.Transform, true), (letter.Stage, letter.Resolved));
        Assert.Equal("basics: text: the path gives 2 values, but the column is no collection", letter.Error);
        Assert.Equal(2, rowsBefore);
        Assert.Equal((1, 1), (replay.Counters.Fetched, replay.Counters.Upserted));
        Assert.Equal(3, await Database.CountAsync("basics", source));
        Assert.Equal(1, await Database.CountAsync("dead_letters", source, "resolution = 'replayed'"));
    }

    [Fact]
    public async Task A_replay_never_overwrites_a_newer_version()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        Put(sandbox, BasicsView.Resource("b", "trip", withCoding: true));
        await BasicsView.PutAsync(Shared.Silo, BasicsView.FailsOnCodings);
        var run = await Client.RunAsync(source, "Basic");
        await BasicsView.PutAsync(Shared.Silo, BasicsView.Sound);
        Put(sandbox, """{"resourceType":"Basic","id":"b","code":{"text":"newer"}}""");
        await Client.RunAsync(source, "Basic");
        // The letter as it was before the newer version settled it.
        await Database.WriteAsync(
            (session, token) =>
                session.ExecuteAsync("UPDATE dead_letters SET resolved = @no WHERE source = @source", new { no = false, source }, token)
        );

        var replay = await Client.ReplayAsync(source, "Basic", run.RunId, DeadLetterStage.Transform);

        Assert.Equal((0, 1), (replay.Counters.Upserted, replay.Counters.Unchanged));
        Assert.Equal("newer", await Database.ValueAsync<string>("SELECT text FROM basics WHERE source = @source", new { source }));
        Assert.Equal(0, await Database.CountAsync("dead_letters", source, "NOT resolved"));
    }

    [Fact]
    public async Task A_replay_of_an_unknown_run_is_refused() =>
        Assert.Equal(
            StartOutcome.UnknownRun,
            (
                await Client.Checkpoint((await SandboxAsync(Nothing)).Source, "Patient").StartReplay(987_654_321, DeadLetterStage.Validate)
            ).Outcome
        );

    [Fact]
    public async Task Observations_of_a_missing_patient_are_letters_until_the_patient_is_there()
    {
        var (sandbox, source) = await SandboxAsync(Small with { BadShare = 0, MissingPatientShare = 0 });

        var run = await Client.RunAsync(source, "Observation");
        await Client.RunAsync(source, "Patient");
        var replay = await Client.ReplayAsync(source, "Observation", run.RunId, DeadLetterStage.Load);

        var count = sandbox.Store.Count("Observation");
        Assert.Equal(RunStatus.Success, run.Status);
        Assert.Equal((count, count, 0), (run.Counters.Fetched, run.Counters.LoadErrors, run.Counters.Upserted));
        Assert.Equal(count, run.SkippedMissingPatients);
        Assert.NotNull(run.CheckpointAfter);
        Assert.All(
            (await Client.DetailAsync(run.RunId)).DeadletterSample,
            l => Assert.StartsWith("Missing patient_id in DB: pat-", l.Error)
        );
        Assert.Equal(count, replay.Counters.Upserted);
        Assert.Equal(0, await Database.CountAsync("dead_letters", source, "NOT resolved"));
        Assert.Equal(count, await Database.CountAsync("observations", source));
    }

    [Theory]
    [InlineData("Observation")]
    [InlineData("Encounter")]
    [InlineData("Condition")]
    public async Task Missing_patients_are_fetched_and_those_that_cannot_be_fetched_leave_letters(string type)
    {
        var (sandbox, source) = await SandboxAsync(Small with { BadShare = 0, DefaultCount = 10, MaxCount = 10 });

        var run = await Client.RunAsync(source, type, missing: MissingPatients.Fetch);

        var orphans = sandbox.Stats.MissingPatient[type];
        Assert.True(orphans > 0);
        Assert.Equal(orphans, run.Counters.LoadErrors);
        Assert.Equal(sandbox.Store.Count(type) - orphans, run.Counters.Upserted);
        var patients = await Database.CountAsync("patients", source);
        Assert.Equal((patients, patients), (run.PatientBackfill!.Fetched, run.PatientBackfill.Upserted));
        Assert.Equal(0, run.Counters.Fetched - sandbox.Store.Count(type));
    }

    [Fact]
    public async Task A_patient_search_that_answers_nonsense_fails_the_run_instead_of_orphaning_its_resources()
    {
        var (sandbox, source) = await SandboxAsync(Small with { BadShare = 0, MissingPatientShare = 0 });
        sandbox.Faults.Set(new Sandbox.Faults.FaultRule { Kind = Sandbox.Faults.FaultKind.OutcomeAnswer, Type = "Patient" });
        var failed = await Client.RunAsync(source, "Encounter");
        sandbox.Faults.Clear();

        var next = await Client.RunAsync(source, "Encounter");

        Assert.Equal(RunStatus.Failed, failed.Status);
        Assert.StartsWith("Upstream FHIR request failed: ", failed.Error);
        Assert.Equal(sandbox.Store.Count("Encounter"), await Database.CountAsync("encounters", source));
        Assert.Equal(0, next.Counters.LoadErrors);
    }

    private static (long, long, long) Counts(ReplaySummary replay) =>
        (replay.ReplaySourceCount, replay.ReplayRawCount, replay.ReplayMissingRaw);

    private static void Put(SandboxServer sandbox, string json) => sandbox.Store.Put(System.Text.Encoding.UTF8.GetBytes(json));
}

[Collection(OnSqlite.Name)]
public sealed class DeadLetterOnSqliteTests(SqliteSilo silo) : DeadLetterTests(silo);

[Collection(OnPostgres.Name)]
public sealed class DeadLetterOnPostgresTests(PostgresSilo silo) : DeadLetterTests(silo);

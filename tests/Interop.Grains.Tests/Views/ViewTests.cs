using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Sandbox;
using Interop.Sandbox.Faults;
using Interop.Storage;
using Interop.TestServers;
using Interop.Views;
using static Interop.Grains.Tests.Support.ViewCalls;

namespace Interop.Grains.Tests.Views;

/// <summary>The normalized tables are views: created from their definitions, changed during ingestion, filled from the stored
/// resources.</summary>
public abstract class ViewTests(SharedSilo shared) : IngestionSuite(shared)
{
    private static SandboxOptions Nothing { get; } = new() { Patients = 0 };

    [Fact]
    public async Task The_platforms_views_are_tables_from_the_start()
    {
        var views = await Client.ViewQueries().List();

        Assert.Equal(
            [
                "allergy_intolerances",
                "audit_events",
                "conditions",
                "diagnostic_reports",
                "encounters",
                "immunizations",
                "medication_requests",
                "observation_components",
                "observations",
                "organizations",
                "patients",
                "practitioners",
                "procedures",
            ],
            views.Where(v => v.Origin == "platform" && v.Name != "basics").Select(v => v.Name)
        );
        foreach (var view in views.Where(v => v.Origin == "platform" && v.Name != "basics"))
        {
            Assert.Equal(("active", view.Name == "observation_components" ? "many" : "one"), (view.Status, view.RowsPerResource));
            Assert.Empty(view.Warnings);
            var columns = string.Join(", ", view.Columns.Select(c => $"\"{c.Name}\""));
            Assert.Equal(
                0,
                await Database.CountAsync(
                    view.Name,
                    "nobody",
                    $"source IS NULL OR EXISTS (SELECT source, {columns}, run_id, loaded_at FROM {view.Name} WHERE 1 = 0)"
                )
            );
        }

        Assert.Equal("numeric", views.Single(v => v.Name == "observations").Columns.Single(c => c.Name == "value_quantity").SqlType);
    }

    [Fact]
    public async Task A_new_view_is_filled_from_what_is_stored()
    {
        var (_, source) = await SandboxAsync(Small);
        var fetched = await Client.RunAsync(source, "Patient");

        var put = await Client.PutViewAsync("genders", "Patient", """[{"column":[{"name":"gender","path":"gender","type":"code"}]}]""");

        Assert.Equal(ViewOutcome.Building, put.Outcome);
        var run = await Client.EndOfAsync(put.RunId!.Value);
        Assert.Equal((RunStatus.Success, "view:genders"), (run.Status, run.Source));
        Assert.Equal(run.Counters.Fetched, run.Counters.Upserted);
        Assert.Equal(fetched.Counters.Upserted, await Database.CountAsync("genders", source));
        Assert.Equal(
            await Database.CountAsync("patients", source, "gender = 'female'"),
            await Database.CountAsync("genders", source, "gender = 'female'")
        );
        Assert.Equal(run.Counters.Fetched, (await Client.DetailAsync(run.RunId)).Progress.Total);
        Assert.Equal("active", (await Client.FindViewAsync("genders"))!.Status);
    }

    [Fact]
    public async Task A_changed_view_has_its_new_columns_and_keeps_every_resource()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        Put(
            sandbox,
            """{"resourceType":"Device","id":"d","status":"active","deviceName":[{"name":"pump","type":"other"}],"lotNumber":"7"}"""
        );
        await Client.PutViewAsync("devices", "Device", """[{"column":[{"name":"status","path":"status","type":"code"}]}]""");
        await Client.RunAsync(source, "Device");

        await Client.PutViewToEndAsync("devices", "Device", """[{"column":[{"name":"lot","path":"lotNumber","type":"string"}]}]""");

        Assert.Equal("7", await Database.ValueAsync<string>("SELECT lot FROM devices WHERE source = @source", new { source }));
        Put(sandbox, """{"resourceType":"Device","id":"d","status":"active","lotNumber":"8"}""");
        await Client.RunAsync(source, "Device");
        Assert.Equal("8", await Database.ValueAsync<string>("SELECT lot FROM devices WHERE source = @source", new { source }));
    }

    [Fact]
    public async Task Several_rows_of_a_resource_are_replaced_as_a_set()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        await Client.PutViewToEndAsync(
            "given_names",
            "Patient",
            """[{"forEach":"name.given","column":[{"name":"given","path":"$this","type":"string"}]}]"""
        );
        Put(sandbox, """{"resourceType":"Patient","id":"p","name":[{"given":["Ada","Bo","Cy"]}]}""");
        Put(sandbox, """{"resourceType":"Patient","id":"q","name":[{"family":"None"}]}""");
        await Client.RunAsync(source, "Patient");
        Assert.Equal(["0 Ada", "1 Bo", "2 Cy"], await GivenAsync());

        Put(sandbox, """{"resourceType":"Patient","id":"p","name":[{"given":["Bo"]}]}""");
        await Client.RunAsync(source, "Patient");

        Assert.Equal(["0 Bo"], await GivenAsync());
        var rebuilt = await Client.View("given_names").Rebuild();
        await Client.EndOfAsync(rebuilt.RunId!.Value);
        Assert.Equal(["0 Bo"], await GivenAsync());

        Task<IReadOnlyList<string>> GivenAsync() =>
            Database.ReadAsync(
                (session, token) =>
                    session.QueryAsync<string>(
                        "SELECT CAST(row_index AS text) || ' ' || given FROM given_names WHERE source = @source ORDER BY id, row_index",
                        new { source },
                        token
                    )
            );
    }

    [Fact]
    public async Task A_resource_that_a_view_no_longer_takes_loses_its_row()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        await Client.PutViewToEndAsync(
            "living",
            "Patient",
            """[{"column":[{"name":"family","path":"name.family.first()","type":"string"}]}]""",
            where: "deceased.exists().not()"
        );
        Put(sandbox, """{"resourceType":"Patient","id":"p","name":[{"family":"A"}]}""");
        await Client.RunAsync(source, "Patient");
        Assert.Equal(1, await Database.CountAsync("living", source));

        Put(sandbox, """{"resourceType":"Patient","id":"p","name":[{"family":"A"}],"deceasedBoolean":true}""");
        await Client.RunAsync(source, "Patient");

        Assert.Equal(0, await Database.CountAsync("living", source));
        Assert.Equal(1, await Database.CountAsync("patients", source));
    }

    [Theory]
    [InlineData("""[{"column":[{"name":"a","path":"gender","type":"datetime"}]}]""", "select[0].column[0].type: datetime is no FHIR type")]
    [InlineData(
        """[{"column":[{"name":"a","path":"gender"},{"name":"a","path":"id"}]}]""",
        "select[0].column[1].name: there is another column a"
    )]
    [InlineData(
        """[{"column":[{"name":"a","path":"gender"},{"name":"A","path":"active"}]}]""",
        "select[0].column[1].name: there is another column A: the columns of a table must differ by more than case"
    )]
    [InlineData("""[{"column":[{"name":"a","path":"name.where("}]}]""", "select[0].column[0].path: 'name.where('")]
    [InlineData(
        """[{"column":[{"name":"source","path":"gender"}]}]""",
        "select[0].column[0].name: every table has a column source of the platform's own"
    )]
    [InlineData(
        """[{"column":[{"name":"ctid","path":"gender"}]}]""",
        "select[0].column[0].name: every table of PostgreSQL has a system column ctid"
    )]
    [InlineData("""[{"column":[{"name":"id","path":"gender"}]}]""", "select[0].column[0].name: the column id is the resource's id")]
    public async Task A_bad_view_is_refused_with_place_and_reason_and_the_old_view_stays(string select, string reason)
    {
        var (_, source) = await SandboxAsync(Small);
        await Client.PutViewToEndAsync("going_on", "Patient", """[{"column":[{"name":"gender","path":"gender","type":"code"}]}]""");

        var put = await Client.PutViewAsync("going_on", "Patient", select);

        Assert.Equal(ViewOutcome.Refused, put.Outcome);
        Assert.StartsWith(reason, put.Reason, StringComparison.Ordinal);
        var run = await Client.RunAsync(source, "Patient");
        Assert.Equal(run.Counters.Upserted, await Database.CountAsync("going_on", source));
    }

    [Theory]
    [InlineData("resources", "name: the table name resources is taken by the platform")]
    [InlineData("Users", "name: the table name Users is taken by the platform")]
    [InlineData("pg_things", "name: the table name pg_things is taken by the platform")]
    [InlineData("foreign_table", "name: there is a table foreign_table that belongs to no view")]
    [InlineData("Patients", "name: there is another view patients")]
    [InlineData(
        "a_name_that_is_longer_than_any_name_of_a_table_has_to_be",
        "name: 'a_name_that_is_longer_than_any_name_of_a_table_has_to_be' has 56 characters"
    )]
    public async Task A_table_name_that_collides_is_refused(string name, string reason)
    {
        await Database.WriteAsync(
            (session, token) => session.ExecuteAsync("CREATE TABLE IF NOT EXISTS foreign_table (x integer)", null, token)
        );

        var put = await Client.PutViewAsync(name, "Patient", """[{"column":[{"name":"gender","path":"gender"}]}]""");

        Assert.Equal(ViewOutcome.Refused, put.Outcome);
        Assert.StartsWith(reason, put.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_platforms_view_stays_one_over_its_type()
    {
        var put = await Client.PutViewAsync("patients", "Observation", """[{"column":[{"name":"status","path":"status"}]}]""");

        Assert.Equal(
            (ViewOutcome.Refused, true),
            (
                put.Outcome,
                put.Reason!.StartsWith("resource: the view patients is the platform's own over Patient", StringComparison.Ordinal)
            )
        );
    }

    [Fact]
    public async Task A_resource_that_a_new_definition_fails_on_is_a_letter_until_another_takes_it()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        Put(sandbox, BasicsView.Resource("a", "fine"));
        Put(sandbox, BasicsView.Resource("b", "trip", withCoding: true));
        await Client.RunAsync(source, "Basic");

        await BasicsView.PutAsync(Shared.Silo, BasicsView.FailsOnCodings);
        Assert.Equal(1, await Database.CountAsync("basics", source));
        Assert.Equal(1, await Database.CountAsync("dead_letters", source, "NOT resolved AND stage = 'transform' AND resource_id = 'b'"));

        await BasicsView.PutAsync(Shared.Silo, BasicsView.Sound);
        Assert.Equal(2, await Database.CountAsync("basics", source));
        Assert.Equal(1, await Database.CountAsync("dead_letters", source, "resolution = 'rebuilt'"));
        Assert.Equal(0, await Database.CountAsync("dead_letters", source, "NOT resolved"));
    }

    [Fact]
    public async Task A_resource_that_would_fill_a_table_by_itself_has_no_rows_there_and_is_loaded()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        await Client.PutViewToEndAsync(
            "crossed",
            "Schedule",
            """
            [{"forEach":"identifier","column":[{"name":"a","path":"value"}]},{"forEach":"identifier","column":[{"name":"b","path":"value"}]}]
            """
        );
        Put(sandbox, Schedule("few", 100));
        Put(sandbox, Schedule("many", 101));

        var run = await Client.RunAsync(source, "Schedule");

        Assert.Equal((2, 0), (run.Counters.Upserted, run.Counters.DeadLetters));
        var failure = Assert.Single((await Client.FindViewAsync("crossed"))!.FailureExamples, f => f.Source == source);
        Assert.Equal(("many", "crossed: select: the view gives more than 10,000 rows of this resource"), (failure.Id, failure.Error));
        Assert.Equal(10_000, await Database.CountAsync("crossed", source));

        static string Schedule(string id, int identifiers) =>
            $$"""{"resourceType":"Schedule","id":"{{id}}","actor":[{"display":"x"}],"identifier":[{{string.Join(',', Enumerable.Range(0, identifiers).Select(i => $"{{\"value\":\"{i}\"}}"))}}]}""";
    }

    [Fact]
    public async Task A_row_that_the_database_refuses_is_a_failure_of_the_view_and_the_others_are_there()
    {
        // FHIR's decimal has no limit; PostgreSQL's numeric has at most 131072 digits.
        string[] longitudes = ["1.50", "1e200000", "-3"];
        var (_, source) = await ScriptedAsync(request =>
            request.IsMetadata
                ? ScriptedAnswer.NotFound
                : ScriptedAnswer.Bundle(
                    longitudes.Select(
                        (x, i) => $$$"""{"resourceType":"Location","id":"{{{"abc"[i]}}}","position":{"longitude":{{{x}}},"latitude":0}}"""
                    )
                )
        );
        await Client.RunAsync(source, "Location");

        var put = await Client.PutViewAsync(
            "locations",
            "Location",
            """[{"column":[{"name":"longitude","path":"position.longitude","type":"decimal"}]}]"""
        );

        var run = await Client.EndOfAsync(put.RunId!.Value);
        var refused = await Database.CountAsync("view_failures", source, "table_name = 'locations' AND resource_id = 'b'");
        Assert.Equal(Database.Dialect == SqlDialect.Postgres ? 1 : 0, refused); // SQLite takes it for infinity
        Assert.Equal((RunStatus.Success, refused), (run.Status, run.Counters.LoadErrors));
        Assert.Equal(3 - refused, await Database.CountAsync("locations", source));
    }

    [Fact]
    public async Task A_users_view_never_prevents_a_resource_from_being_loaded()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        await Client.PutViewToEndAsync("one_given", "Patient", """[{"column":[{"name":"given","path":"name.given","type":"string"}]}]""");
        Put(sandbox, """{"resourceType":"Patient","id":"a","name":[{"given":["Ada"]}]}""");
        Put(sandbox, """{"resourceType":"Patient","id":"b","name":[{"given":["Bo","Cy"]}]}""");

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal((2, 0), (run.Counters.Upserted, run.Counters.DeadLetters));
        Assert.Equal(2, await Database.CountAsync("patients", source));
        Assert.Equal(1, await Database.CountAsync("one_given", source));
        Assert.Equal("b one_given: given: the path gives 2 values, but the column is no collection", await FailureAsync());
        Assert.InRange((await Client.FindViewAsync("one_given"))!.Failures, 1, long.MaxValue);
        Assert.Contains(
            "the view one_given has no rows of some resources",
            (await Client.DetailAsync(run.RunId)).Details.Text,
            StringComparison.Ordinal
        );

        Put(sandbox, """{"resourceType":"Patient","id":"a","name":[{"given":["Ada","Zoe"]}]}""");
        Put(sandbox, """{"resourceType":"Patient","id":"b","name":[{"given":["Bo"]}]}""");
        await Client.RunAsync(source, "Patient");

        Assert.Equal("Bo", await Database.ValueAsync<string>("SELECT given FROM one_given WHERE source = @source", new { source }));
        Assert.StartsWith("a ", await FailureAsync(), StringComparison.Ordinal);

        async Task<string> FailureAsync() =>
            Assert.Single(
                await Database.ReadAsync(
                    (session, token) =>
                        session.QueryAsync<string>(
                            "SELECT resource_id || ' ' || error FROM view_failures WHERE table_name = 'one_given' AND source = @source",
                            new { source },
                            token
                        )
                )
            );
    }

    [Fact]
    public async Task A_row_of_a_users_view_that_the_database_refuses_does_not_prevent_the_resource_from_being_loaded()
    {
        string[] probabilities = ["1.50", "1e200000", "-3"];
        await Client.PutViewToEndAsync(
            "risks",
            "RiskAssessment",
            """[{"column":[{"name":"p","path":"prediction.probability.ofType(decimal)","type":"decimal"}]}]"""
        );
        var (_, source) = await ScriptedAsync(request =>
            request.IsMetadata
                ? ScriptedAnswer.NotFound
                : ScriptedAnswer.Bundle(
                    probabilities.Select(
                        (p, i) =>
                            $$$"""
                                {"resourceType":"RiskAssessment","id":"{{{"abc"[
                                    i
                                ]}}}","status":"final","subject":{"display":"x"},"prediction":[{"probabilityDecimal":{{{p}}}}]}
                                """
                    )
                )
        );

        var run = await Client.RunAsync(source, "RiskAssessment");

        var refused = Database.Dialect == SqlDialect.Postgres ? 1 : 0; // SQLite takes it for infinity
        Assert.Equal((3, 0), (run.Counters.Upserted, run.Counters.DeadLetters));
        Assert.Equal(3 - refused, await Database.CountAsync("risks", source));
        Assert.Equal(refused, await Database.CountAsync("view_failures", source, "table_name = 'risks' AND resource_id = 'b'"));
    }

    [Fact]
    public async Task A_definition_is_tried_on_stored_resources_before_it_becomes_the_views()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        Put(sandbox, """{"resourceType":"Specimen","id":"one","note":[{"text":"a"}]}""");
        Put(sandbox, """{"resourceType":"Specimen","id":"two","note":[{"text":"a"},{"text":"b"}]}""");
        await Client.RunAsync(source, "Specimen");

        var put = await Client.PutViewAsync(
            "specimen_notes",
            "Specimen",
            """[{"column":[{"name":"note","path":"note.text","type":"string"}]}]"""
        );

        Assert.InRange(put.Trial!.Resources, 2, long.MaxValue); // other tests store specimens too
        Assert.Equal(1, put.Trial.Failing);
        Assert.Equal("two", Assert.Single(put.Trial.Examples).Id);
        await Client.EndOfAsync(put.RunId!.Value);
        Assert.Equal(
            (1, "two"),
            (
                (await Client.FindViewAsync("specimen_notes"))!.Failures,
                (await Client.FindViewAsync("specimen_notes"))!.FailureExamples[0].Id
            )
        );
    }

    [Fact]
    public async Task A_deleted_view_takes_its_table_and_its_failures_with_it()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        await Client.PutViewToEndAsync(
            "short_lived",
            "Substance",
            """[{"column":[{"name":"text","path":"code.coding.display","type":"string"}]}]"""
        );
        Put(sandbox, """{"resourceType":"Substance","id":"s","code":{"coding":[{"display":"a"},{"display":"b"}]}}""");
        await Client.RunAsync(source, "Substance");
        Assert.Equal(1, (await Client.FindViewAsync("short_lived"))!.Failures);

        var deleted = await Client.GetGrain<IViewGrain>("short_lived").Delete();

        Assert.Equal((ViewOutcome.Deleted, null), (deleted.Outcome, deleted.View));
        Assert.Equal(0, await Database.CountAsync("view_failures", source));
        Assert.Equal(ViewOutcome.Unknown, (await Client.GetGrain<IViewGrain>("short_lived").Delete()).Outcome);
        Assert.True((await Client.RunAsync(source, "Substance")).Status == RunStatus.Success);
    }

    [Fact]
    public async Task One_of_the_platforms_views_is_changed_on_purpose_only_and_comes_back_when_the_change_is_deleted()
    {
        const string Status = """[{"column":[{"name":"status","path":"status","type":"code"}]}]""";

        var refused = await Client.PutViewAsync("procedures", "Procedure", Status);
        Assert.Equal(
            (ViewOutcome.NeedsReplace, "the view procedures comes with the platform: add ?replace=true to change it"),
            (refused.Outcome, refused.Reason)
        );
        Assert.Equal(ViewOutcome.NeedsReplace, (await Client.GetGrain<IViewGrain>("procedures").Delete()).Outcome);

        var changed = await Client.PutViewAsync("procedures", "Procedure", Status, replace: true);
        if (changed.RunId is { } filling)
            await Client.EndOfAsync(filling);
        Assert.Equal(["status"], (await Client.FindViewAsync("procedures"))!.Columns.Select(c => c.Name));

        var restored = await Client.GetGrain<IViewGrain>("procedures").Delete();
        if (restored.RunId is { } restoring)
            await Client.EndOfAsync(restoring);
        var view = (await Client.FindViewAsync("procedures"))!;
        Assert.Equal(("platform", true), (view.Origin, view.Columns.Any(c => c.Name == "performed_start")));
    }

    [Fact]
    public async Task A_date_has_its_interval_beside_it_and_a_row_says_when_it_was_written()
    {
        var (sandbox, source) = await SandboxAsync(Nothing);
        Put(sandbox, """{"resourceType":"Patient","id":"p","birthDate":"1987-02"}""");
        await Client.RunAsync(source, "Patient");

        Assert.Equal(
            (DateTimeOffset.Parse("1987-02-01T00:00:00Z"), DateTimeOffset.Parse("1987-03-01T00:00:00Z")),
            (
                await Database.ValueAsync<DateTimeOffset>("SELECT birth_date_start FROM patients WHERE source = @source", new { source }),
                await Database.ValueAsync<DateTimeOffset>("SELECT birth_date_end FROM patients WHERE source = @source", new { source })
            )
        );
        Assert.InRange(
            await Database.ValueAsync<DateTimeOffset>("SELECT loaded_at FROM patients WHERE source = @source", new { source }),
            DateTimeOffset.UtcNow.AddMinutes(-5),
            DateTimeOffset.UtcNow.AddMinutes(1)
        );
    }

    [Fact]
    public async Task The_present_definition_again_changes_nothing()
    {
        await Client.PutViewToEndAsync("again", "Group", """[{"column":[{"name":"type","path":"type"}]}]""");

        var again = await Client.PutViewAsync("again", "Group", """[ {"column": [{"path":"type", "name":"type"}]} ]""");

        Assert.Equal((ViewOutcome.Unchanged, null), (again.Outcome, again.RunId));
    }

    [Fact]
    public async Task A_run_that_filled_a_table_is_not_replayed()
    {
        var (_, source) = await SandboxAsync(Small);
        await Client.RunAsync(source, "Patient");
        var put = await Client.View("patients").Rebuild();
        await Client.EndOfAsync(put.RunId!.Value);

        var replay = await Client.Checkpoint("view:patients", "Patient").StartReplay(put.RunId.Value, DeadLetterStage.Transform);

        Assert.Equal(StartOutcome.NothingFetched, replay.Outcome);
    }

    [Fact]
    public async Task Views_that_change_repeatedly_during_ingestion_miss_no_resource()
    {
        var (sandbox, source) = await SandboxAsync(new SandboxOptions { Patients = 400, BadShare = 0.02 });
        sandbox.Faults.Set(new FaultRule { Kind = FaultKind.SlowHeaders, Seconds = 0.03 });
        var run = await Client.StartAsync(source, "Patient");
        ViewChangeResult put;
        var changes = 0;
        do
        {
            put = await Client.PutViewAsync(
                "busy",
                "Patient",
                $$"""[{"column":[{"name":"gender","path":"gender","type":"code"},{"name":"change_{{changes++}}","path":"active","type":"boolean"}]}]"""
            );
            Assert.NotEqual(ViewOutcome.Refused, put.Outcome);
        } while (RunStatus.IsActive((await Client.SummaryAsync(run)).Status));
        if (put.RunId is { } last)
            Assert.Equal(RunStatus.Success, (await Client.EndOfAsync(last)).Status);

        var summary = await Client.EndOfAsync(run);
        Assert.True(summary.Status == RunStatus.Success, summary.Error);
        Assert.True(changes > 1);
        Assert.Equal(summary.Counters.Upserted, await Database.CountAsync("busy", source));
        Assert.Equal(
            0,
            await Database.ValueAsync<long>(
                $"""
                SELECT COUNT(*) FROM patients AS p LEFT JOIN busy AS b ON b.source = p.source AND b.id = p.id
                WHERE p.source = @source AND (b.id IS NULL OR COALESCE(b.gender, '') <> COALESCE(p.gender, '') OR b.run_id <> p.run_id)
                """,
                new { source }
            )
        );
        Assert.Null(
            await Database.ValueAsync<string>(
                $"SELECT MIN(name) FROM ({(Database.Dialect == SqlDialect.Postgres ? "SELECT relname AS name FROM pg_class WHERE relkind = 'r'" : "SELECT name FROM sqlite_master WHERE type = 'table'")}) AS t WHERE name LIKE 'busy|_|_v%' ESCAPE '|'"
            )
        );
    }

    [Fact]
    public async Task A_view_cannot_take_the_name_of_a_table_of_the_platform()
    {
        var views = (await Client.ViewQueries().List()).Select(view => view.Name).ToHashSet();
        // Another database: in this one other tests leave tables of views that are gone.
        await using var migrated = await TestDatabase.CreateAsync(Database.Dialect);
        var tables = await migrated.Database.ReadAsync(
            (session, token) =>
                session.QueryAsync<string>(
                    Database.Dialect == SqlDialect.Postgres
                        ? "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
                        : "SELECT name FROM sqlite_master WHERE type = 'table'",
                    null,
                    token
                )
        );
        Assert.Contains("run_claims", tables);

        foreach (var table in tables.Where(table => !views.Contains(table)))
        {
            var preview = await Client
                .ViewQueries()
                .Preview(table, Definition(table, "Patient", """[{"column":[{"name":"gender","path":"gender","type":"code"}]}]"""), 1);
            Assert.Contains($"the table name {table} is taken by the platform", preview.Reason, StringComparison.Ordinal);
        }
    }

    private static void Put(SandboxServer sandbox, string resource) => sandbox.Store.Put(System.Text.Encoding.UTF8.GetBytes(resource));
}

[Collection(OnSqlite.Name)]
public sealed class ViewOnSqliteTests(SqliteSilo silo) : ViewTests(silo);

[Collection(OnPostgres.Name)]
public sealed class ViewOnPostgresTests(PostgresSilo silo) : ViewTests(silo);

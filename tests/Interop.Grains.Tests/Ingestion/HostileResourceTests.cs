using System.Text;
using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Storage;
using Interop.TestServers;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>A hostile resource affects neither the rest of its page nor the run.</summary>
public abstract class HostileResourceTests(SharedSilo shared) : IngestionSuite(shared)
{
    public static TheoryData<string, string> Hostile =>
        new()
        {
            { "NUL in an id", """{"resourceType":"Patient","id":"a\u0000b"}""" },
            { "NUL in the resource type", """{"resourceType":"Pat\u0000ient","id":"x"}""" },
            { "NUL in a text", """{"resourceType":"Patient","id":"x","name":[{"family":"a\u0000b"}]}""" },
            { "NUL in the version", """{"resourceType":"Patient","id":"x","meta":{"versionId":"1\u0000"}}""" },
            { "a lone surrogate", """{"resourceType":"Patient","id":"x","name":[{"family":"\ud800"}]}""" },
            { "an endless id", $$"""{"resourceType":"Patient","id":"{{new string('x', 100_000)}}"}""" },
            { "an endless resource type", $$"""{"resourceType":"{{new string('x', 100_000)}}","id":"x"}""" },
            { "nesting without end", $$"""{"resourceType":"Patient","id":"x","extension":{{Nested(300)}}}""" },
            {
                "nesting without end before it says what it is",
                $$"""{"extension":{{new string('[', 1_000_000) + new string(']', 1_000_000)}},"resourceType":"Patient","id":"x"}"""
            },
            { "an instant that is none", """{"resourceType":"Patient","id":"x","meta":{"lastUpdated":"9999-99-99T99:99:99Z"}}""" },
            { "the same member twice", """{"resourceType":"Patient","id":"x","id":"y","gender":"male","gender":"female"}""" },
            { "nothing", "{}" },
        };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_resource_is_loaded_or_a_letter_and_the_rest_of_the_page_loads(string what, string hostile)
    {
        var (_, source) = await ScriptedAsync(request =>
            request.IsMetadata ? ScriptedAnswer.NotFound : ScriptedAnswer.Bundle([.. Good(0, 5), hostile, .. Good(5, 10)])
        );

        var run = await Client.RunAsync(source, "Patient");
        var again = await Client.RunAsync(source, "Patient", full: true);

        Assert.True(run.Status == RunStatus.Success, $"{what}: {run.Status}, {run.Error}");
        Assert.Equal(10, await Database.CountAsync("patients", source, "id LIKE 'good-%'"));
        Assert.Equal(11, run.Counters.Fetched);
        Assert.Equal(11, run.Counters.Upserted + run.Counters.DeadLetters);
        Assert.Equal((11, 0, 0), (again.Counters.Fetched, again.Counters.Upserted, again.Counters.DeadLetters));
    }

    [Theory]
    [InlineData(100, "Patient.extension[0]")]
    [InlineData(1_000_000, "nested more than 256 levels deep")]
    public async Task The_letter_of_a_deep_resource_says_so(int levels, string error)
    {
        var deep = new string('[', levels) + new string(']', levels);
        var (_, source) = await ScriptedAsync(request =>
            request.IsMetadata
                ? ScriptedAnswer.NotFound
                : ScriptedAnswer.Bundle([.. Good(0, 2), $$"""{"resourceType":"Patient","extension":{{deep}},"id":"x"}""", .. Good(2, 4)])
        );

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal((RunStatus.Success, 4, 1), (run.Status, run.Counters.Upserted, run.Counters.DeadLetters));
        Assert.Contains(error, (await Client.DetailAsync(run.RunId)).DeadletterSample.Single().Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_observation_whose_patient_has_an_impossible_id_is_a_letter()
    {
        string Observation(string id, string patient) =>
            $$$"""
                {"resourceType":"Observation","id":"{{{id}}}","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{{patient}}}"}}
                """;
        var (_, source) = await ScriptedAsync(request =>
            request.IsMetadata ? ScriptedAnswer.NotFound
            : request.Path == "Patient" ? ScriptedAnswer.Bundle([])
            : ScriptedAnswer.Bundle([
                Observation("a", "p\\u0000"),
                Observation("b", "p/../q&_id=1"),
                Observation("c", new string('p', 5000)),
            ])
        );

        var run = await Client.RunAsync(source, "Observation", missing: MissingPatients.Fetch);

        Assert.True(run.Status == RunStatus.Success, run.Error);
        Assert.Equal(3, run.Counters.DeadLetters + run.Counters.Upserted);
    }

    [Fact]
    public async Task Rows_that_the_database_refuses_are_found_among_many_and_the_others_load()
    {
        // FHIR's decimal has no limit; PostgreSQL's numeric has at most 131072 digits. SQLite reads such a number as infinity.
        var bad = new HashSet<int> { 0, 7, 8, 24 };
        var (_, source) = await ScriptedAsync(request =>
            request.IsMetadata
                ? ScriptedAnswer.NotFound
                : ScriptedAnswer.Bundle(
                    Enumerable
                        .Range(0, 25)
                        .Select(i =>
                            $$$"""{"resourceType":"Observation","id":"b{{{i}}}","status":"final","code":{"text":"height"},"valueQuantity":{"value":{{{(bad.Contains(i) ? "1e200000" : "12.5")}}}}}"""
                        )
                )
        );

        var run = await Client.RunAsync(source, "Observation", missing: MissingPatients.Ignore);

        Assert.Equal(RunStatus.Success, run.Status);
        Assert.Equal(25, run.Counters.Fetched);
        Assert.Equal(Database.Dialect == SqlDialect.Postgres ? bad.Count : 0, run.Counters.LoadErrors);
        Assert.Equal(25, run.Counters.Upserted + run.Counters.DeadLetters);
        Assert.Equal(run.Counters.Upserted, await Database.CountAsync("observations", source));
        Assert.Equal(21, await Database.CountAsync("observations", source, "value_quantity = 12.5"));
        if (run.Counters.LoadErrors > 0)
        {
            var letters = (await Client.DetailAsync(run.RunId)).DeadletterSample;
            Assert.Equal(bad.Select(i => $"b{i}").Order(), letters.Select(l => l.ResourceId!).Order());
            Assert.All(letters, l => Assert.Equal(DeadLetterStage.Load, l.Stage));
            Assert.All(letters, l => Assert.StartsWith("the database refused it: ", l.Error));
        }
    }

    [Theory]
    [InlineData("[1,2,3]")]
    [InlineData("""{"resourceType":"Bundle","entry":{}}""")]
    [InlineData("""{"resourceType":"Bundle","link":"next"}""")]
    [InlineData("<html>Sorry</html>")]
    [InlineData("")]
    [InlineData("""{"resourceType":"Patient","id":"p"}""")]
    [InlineData("""{"resourceType":"Bundle","link":[{"relation":"next","url":"http://["}],"entry":[]}""")]
    [InlineData("""{"resourceType":"Bundle","link":[{"relation":"next","url":"file:///etc/passwd"}],"entry":[]}""")]
    public async Task A_page_that_is_no_bundle_fails_the_run_with_a_reason(string body)
    {
        var (_, source) = await ScriptedAsync(
            request => request.IsMetadata ? ScriptedAnswer.NotFound : new ScriptedAnswer(200, body),
            options => options.MaxAttempts = 2
        );

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.StartsWith("Upstream FHIR request failed: ", run.Error);
    }

    private static IEnumerable<string> Good(int from, int to) =>
        Enumerable.Range(from, to - from).Select(i => $$"""{"resourceType":"Patient","id":"good-{{i}}","gender":"female"}""");

    private static string Nested(int depth)
    {
        var text = new StringBuilder();
        for (var i = 0; i < depth; i++)
            text.Append("""[{"url":"http://example.org/deep","extension":""");
        text.Append("""[{"url":"http://example.org/end","valueString":"x"}]""");
        for (var i = 0; i < depth; i++)
            text.Append("}]");
        return text.ToString();
    }
}

[Collection(OnSqlite.Name)]
public sealed class HostileResourceOnSqliteTests(SqliteSilo silo) : HostileResourceTests(silo);

[Collection(OnPostgres.Name)]
public sealed class HostileResourceOnPostgresTests(PostgresSilo silo) : HostileResourceTests(silo);

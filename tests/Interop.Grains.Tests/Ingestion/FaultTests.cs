using System.Runtime.CompilerServices;
using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Sandbox.Faults;
using Interop.TestServers;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>After faults of an upstream the final state equals that of an undisturbed run.</summary>
public abstract class FaultTests(SharedSilo shared) : IngestionSuite(shared)
{
    private static readonly string[] Types = ["Patient", "Encounter", "Condition", "Observation"];

    /// <summary>Faults after which a run succeeds without help.</summary>
    public static TheoryData<string> Survivable => [.. Rules.Keys];

    private static ConditionalWeakTable<SharedSilo, Tuple<List<RunSummary>, IReadOnlyList<string>>> Undisturbed { get; } = [];

    private static Dictionary<string, FaultRule> Rules { get; } =
        new FaultRule[]
        {
            new()
            {
                Kind = FaultKind.TooManyRequests,
                Every = 3,
                RetryAfterSeconds = 0,
            },
            new()
            {
                Kind = FaultKind.TooManyRequests,
                Every = 5,
                Times = 2,
                RetryAfterSeconds = 0,
                RetryAfterAsDate = true,
            },
            new()
            {
                Kind = FaultKind.Unavailable,
                Rate = 0.3,
                Seed = 7,
            },
            new()
            {
                Kind = FaultKind.ServerError,
                Rate = 0.3,
                Seed = 8,
            },
            new()
            {
                Kind = FaultKind.SlowBody,
                Every = 7,
                Seconds = 0.1,
            },
            new()
            {
                Kind = FaultKind.SlowHeaders,
                Every = 7,
                Seconds = 0.1,
            },
            new()
            {
                Kind = FaultKind.BrokenConnection,
                Rate = 0.3,
                Seed = 9,
                Fraction = 0.4,
            },
            new()
            {
                Kind = FaultKind.TruncatedJson,
                Rate = 0.3,
                Seed = 10,
                Fraction = 0.7,
            },
            new() { Kind = FaultKind.ExpiredPaging, Every = 2 },
            new()
            {
                Kind = FaultKind.ExpiredPaging,
                Every = 3,
                Status = 404,
            },
            new() { Kind = FaultKind.DuplicatedPage, Every = 2 },
            new() { Kind = FaultKind.OutcomeEntry },
            new() { Kind = FaultKind.IncludedEntries, Count = 3 },
            new()
            {
                Kind = FaultKind.RepeatedNext,
                Every = 3,
                Times = 4,
            },
            new() { Kind = FaultKind.WrongContentType },
            new() { Kind = FaultKind.ClockSkew, Seconds = 7200 },
            new() { Kind = FaultKind.ClockSkew, Seconds = -7200 },
        }.ToDictionary(Name);

    private static string Name(FaultRule rule) =>
        rule switch
        {
            { Status: { } status } => $"{rule.Kind} {status}",
            { RetryAfterAsDate: true } => $"{rule.Kind} with a date",
            { Kind: FaultKind.ClockSkew } => $"{rule.Kind} {rule.Seconds}",
            _ => $"{rule.Kind}",
        };

    [Theory]
    [MemberData(nameof(Survivable))]
    public async Task A_fault_alone_leaves_the_same_end_state(string fault)
    {
        var (undisturbed, expected) = await UndisturbedAsync();
        var (sandbox, source) = await SandboxAsync();
        sandbox.Faults.Set(Rules[fault]);

        var runs = await RunAllAsync(source);

        Assert.True(sandbox.Faults.Fired.Values.Sum() > 0, "the fault never fired");
        Assert.Equal(expected, await StoredState.OfAsync(Database, source));
        AssertSameCounters(undisturbed, runs);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task All_faults_together_leave_the_same_end_state(ulong seed)
    {
        var (undisturbed, expected) = await UndisturbedAsync();
        var (sandbox, source) = await SandboxAsync(Small, options => options.MaxAttempts = 25); // half of all answers are bad
        // Not the dates: the sandbox counts them from its true clock, and its Date header may be two hours off here.
        sandbox.Faults.Set([
            .. Rules
                .Values.Where(rule => !rule.RetryAfterAsDate)
                .Select((rule, i) => rule with { Rate = 0.12, Every = null, Seed = seed * 100 + (ulong)i }),
        ]);

        var runs = await RunAllAsync(source);

        Assert.True(sandbox.Faults.Fired.Count >= 5, $"only {sandbox.Faults.Fired.Count} kinds of faults fired");
        Assert.Equal(expected, await StoredState.OfAsync(Database, source));
        AssertSameCounters(undisturbed, runs);
    }

    [Theory]
    [InlineData(FaultKind.OutcomeAnswer, "The search index is being rebuilt")]
    [InlineData(FaultKind.NotABundle, "a Parameters, not a Bundle")]
    [InlineData(FaultKind.HugeBody, "larger than 1 MiB")]
    [InlineData(FaultKind.ForeignNext, "leads to another origin")]
    public async Task An_answer_that_is_no_page_fails_the_run_and_the_next_run_completes(FaultKind kind, string reason)
    {
        var (_, expected) = await UndisturbedAsync();
        var (sandbox, source) = await SandboxAsync(Small, options => options.MaxResponseMebibytes = 1);
        foreach (var type in Types)
        {
            sandbox.Faults.Set(
                new FaultRule
                {
                    Kind = kind,
                    Type = type,
                    Pages = kind == FaultKind.ForeignNext ? null : [2],
                    Bytes = 3 * 1024 * 1024,
                }
            );
            var failed = await Client.RunAsync(source, type);
            sandbox.Faults.Clear();
            var next = await Client.RunAsync(source, type);

            Assert.Equal(RunStatus.Failed, failed.Status);
            Assert.StartsWith("Upstream FHIR request failed: ", failed.Error);
            Assert.Contains(reason, failed.Error);
            Assert.Null(failed.CheckpointAfter);
            Assert.Equal(RunStatus.Success, next.Status);
            Assert.NotNull(next.CheckpointAfter);
        }

        Assert.Equal(expected, await StoredState.OfAsync(Database, source));
    }

    [Theory]
    [InlineData(FaultKind.EntryWithoutResource, "the entry has no resource")]
    [InlineData(FaultKind.EntryOfAnotherType, "is a Basic, not a Patient")]
    public async Task An_entry_that_does_not_match_the_search_is_one_dead_letter_and_the_others_load(FaultKind kind, string error)
    {
        var (sandbox, source) = await SandboxAsync();
        sandbox.Faults.Set(new FaultRule { Kind = kind });

        var run = await Client.RunAsync(source, "Patient");

        var detail = await Client.DetailAsync(run.RunId);
        Assert.Equal(RunStatus.Success, run.Status);
        Assert.Single(detail.DeadletterSample, l => l.Error == error);
        Assert.Equal(sandbox.Store.Count("Patient") - sandbox.Stats.Bad["Patient"], run.Counters.Upserted);
    }

    [Fact]
    public async Task An_answer_with_a_byte_order_mark_is_read()
    {
        var (_, source) = await ScriptedAsync(request =>
        {
            var answer = ScriptedAnswer.Bundle(["""{"resourceType":"Basic","id":"a","code":{"text":"x"}}"""]);
            return request.IsMetadata ? ScriptedAnswer.NotFound : answer with { Body = "\uFEFF" + answer.Body };
        });

        var run = await Client.RunAsync(source, "Basic");

        Assert.Equal((RunStatus.Success, 1), (run.Status, run.Counters.Upserted));
    }

    [Theory]
    [InlineData(410, 0, 1)]
    [InlineData(404, 1, 0)]
    public async Task A_tie_of_versions_whose_resource_is_gone_is_settled_by_the_status_of_the_read(int status, int rows, int deleted)
    {
        var version = "a";
        string Version(string name) =>
            $$$"""
                {"resourceType":"Patient","id":"p","meta":{"versionId":"{{{name}}}","lastUpdated":"2026-01-10T12:00:00Z"},"name":[{"family":"{{{name}}}"}]}
                """;
        var (server, source) = await ScriptedAsync(request =>
            request.IsMetadata ? ScriptedAnswer.NotFound
            : request.Path == "Patient/p" ? new ScriptedAnswer(status, """{"resourceType":"OperationOutcome"}""")
            : ScriptedAnswer.Bundle([Version(version)])
        );
        await Client.RunAsync(source, "Patient");

        version = "b"; // at the same instant: only the server can tell which version is the newer one
        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal(RunStatus.Success, run.Status);
        Assert.Contains(server.Requests, r => r.Path == "Patient/p");
        Assert.Equal(rows, await Database.CountAsync("patients", source, "family = 'b'"));
        Assert.Equal(0, await Database.CountAsync("patients", source, "family = 'a'"));
        Assert.Equal(deleted, await Database.CountAsync("resources", source, "deleted_at IS NOT NULL"));
    }

    [Fact]
    public async Task Next_links_without_end_fail_the_run_with_the_reason()
    {
        var page = 0;
        var (_, source) = await ScriptedAsync(request =>
            request.IsMetadata
                ? ScriptedAnswer.NotFound
                : ScriptedAnswer.Bundle(
                    ["""{"resourceType":"Basic","id":"a","code":{"text":"x"}}"""],
                    $"{request.Base}/Basic?page={Interlocked.Increment(ref page)}"
                )
        );

        var run = await Client.RunAsync(source, "Basic");

        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.Contains("next links go on without end", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_outcome_among_the_entries_is_a_warning_of_the_run()
    {
        var (sandbox, source) = await SandboxAsync();
        sandbox.Faults.Set(new FaultRule { Kind = FaultKind.OutcomeEntry });

        var run = await Client.RunAsync(source, "Patient");

        Assert.Contains("Some of the index was not available", await Client.WarningsAsync(run.RunId));
    }

    [Fact]
    public async Task An_included_resource_is_loaded_under_its_own_type_and_not_counted_as_fetched()
    {
        var (sandbox, source) = await SandboxAsync();
        sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.IncludedEntries,
                Count = 5,
                Type = "Observation",
            }
        );

        var run = await Client.RunAsync(source, "Observation", missing: MissingPatients.Ignore);

        Assert.Equal(sandbox.Store.Count("Observation"), run.Counters.Fetched);
        Assert.True(await Database.CountAsync("patients", source) > 0, "no patient was included");
    }

    [Fact]
    public async Task Rows_that_become_visible_late_are_found_by_the_next_run_within_the_overlap()
    {
        // All within the overlap, as rows are that a server commits up to two minutes after stamping them.
        var options = Small with
        {
            EndOfData = Small.StartOfData.AddSeconds(100),
        };
        var (undisturbed, plain) = await SandboxAsync(options);
        var (sandbox, source) = await SandboxAsync(options);
        sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.LateRows,
                Rate = 0.3,
                AfterSearches = 1,
            }
        );
        await Client.RunAsync(plain, "Patient");
        var first = await Client.RunAsync(source, "Patient");

        var second = await Client.RunAsync(source, "Patient");

        Assert.True(first.Counters.Fetched < undisturbed.Store.Count("Patient"), "no row was late");
        Assert.Equal(undisturbed.Store.Count("Patient"), second.Counters.Fetched);
        Assert.Equal(first.Counters.Upserted, second.Counters.Unchanged);
        Assert.Equal(await StoredState.OfAsync(Database, plain), await StoredState.OfAsync(Database, source));
    }

    /// <summary>The same for every test of a dialect: done once.</summary>
    private async Task<(List<RunSummary> Runs, IReadOnlyList<string> State)> UndisturbedAsync()
    {
        if (!Undisturbed.TryGetValue(Shared, out var done))
        {
            var (_, source) = await SandboxAsync();
            var runs = await RunAllAsync(source);
            Undisturbed.Add(Shared, done = Tuple.Create(runs, await StoredState.OfAsync(Database, source)));
        }

        return (done.Item1, done.Item2);
    }

    private async Task<List<RunSummary>> RunAllAsync(string source)
    {
        var runs = new List<RunSummary>();
        foreach (var type in Types)
        {
            var run = await Client.RunAsync(source, type);
            Assert.True(run.Status == RunStatus.Success, $"{type}: {run.Status}, {run.Error}");
            runs.Add(run);
        }

        return runs;
    }

    private static void AssertSameCounters(IEnumerable<RunSummary> expected, IEnumerable<RunSummary> actual) =>
        Assert.Equal(
            expected.Select(r => (r.Resource, r.Counters with { Refetched = 0 }, r.CheckpointAfter)),
            actual.Select(r => (r.Resource, r.Counters with { Refetched = 0 }, r.CheckpointAfter))
        );
}

[Collection(OnSqlite.Name)]
public sealed class FaultOnSqliteTests(SqliteSilo silo) : FaultTests(silo);

[Collection(OnPostgres.Name)]
public sealed class FaultOnPostgresTests(PostgresSilo silo) : FaultTests(silo);

using System.Diagnostics;
using Interop.Fhir.Schema;
using Interop.Fhir.Terminology;
using Interop.Fhir.Tests.Validation;
using Interop.Fhir.Validation;
using Interop.Fhir.Validation.Profiles;
using Interop.TestServers;

namespace Interop.Fhir.Tests.Terminology;

/// <summary>Codes that a terminology server decides, and servers that fail, against a real HTTP server.</summary>
public sealed class RemoteTerminologyTests : IDisposable
{
    private const string Colours = "http://example.org/ValueSet/colours";
    private const string CodeSystem = "http://example.org/CodeSystem/colours";
    private const string Yes = """{"resourceType":"Parameters","parameter":[{"name":"result","valueBoolean":true}]}""";
    private const string No = """{"resourceType":"Parameters","parameter":[{"name":"result","valueBoolean":false}]}""";

    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(20);

    private readonly List<string> _reports = [];
    private readonly ShiftedClock _clock = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public void Dispose() => _http.Dispose();

    private RemoteTerminology Open(ScriptedServer server, TimeSpan? timeLimit = null) =>
        new(new TerminologyClient(_http, server.Base.AbsoluteUri, timeLimit ?? TimeLimit, _clock), _clock, _reports.Add);

    private static ScriptedAnswer Colour(ScriptedRequest request) => new(200, request.Query["code"] == "green" ? Yes : No);

    [Fact]
    public async Task Each_code_is_asked_once_with_its_value_set_and_system()
    {
        await using var server = await ScriptedServer.StartAsync(Colour);
        var terminology = Open(server);

        for (var i = 0; i < 3; i++)
        {
            Assert.True(terminology.Contains($"{Colours}|2.0", CodeSystem, "green"));
            Assert.False(terminology.Contains(Colours, null, "dark blue & more"));
        }

        Assert.Equal(2, server.Requests.Length);
        Assert.All(server.Requests, r => Assert.Equal("ValueSet/$validate-code", r.Path));
        Assert.Equal(
            $"url={Colours};valueSetVersion=2.0;code=green;system={CodeSystem}",
            string.Join(';', server.Requests[0].Query.Select(q => $"{q.Key}={q.Value}"))
        );
        Assert.Equal(
            $"url={Colours};code=dark blue & more;inferSystem=true",
            string.Join(';', server.Requests[1].Query.Select(q => $"{q.Key}={q.Value}"))
        );
        Assert.Empty(_reports);
    }

    [Fact]
    public async Task An_answer_is_asked_again_after_an_hour_and_an_undecided_one_after_five_minutes()
    {
        await using var server = await ScriptedServer.StartAsync(r => r.Query["code"] == "grey" ? ScriptedAnswer.NotFound : Colour(r));
        var terminology = Open(server);
        int Asked()
        {
            terminology.Contains(Colours, CodeSystem, "green");
            terminology.Contains(Colours, CodeSystem, "grey");
            return server.Requests.Length;
        }

        Assert.Equal(2, Asked());
        _clock.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(2, Asked());
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(3, Asked());
        _clock.Advance(TimeSpan.FromMinutes(55));
        Assert.Equal(5, Asked());
    }

    [Theory]
    [InlineData(404, """{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found"}]}""")]
    [InlineData(422, """{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-supported"}]}""")]
    [InlineData(400, "")]
    [InlineData(
        200,
        """{"resourceType":"Parameters","parameter":[{"name":"result","valueBoolean":false},{"name":"x-caused-by-unknown-system","valueCanonical":"http://x"}]}"""
    )]
    [InlineData(
        200,
        """{"resourceType":"Parameters","parameter":[{"name":"result","valueBoolean":false},{"name":"issues","resource":{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found","details":{"coding":[{"code":"not-found"}]}}]}}]}"""
    )]
    public async Task What_the_server_does_not_have_is_undecided_without_a_report(int status, string body)
    {
        await using var server = await ScriptedServer.StartAsync(_ => new ScriptedAnswer(status, body));
        var terminology = Open(server);

        Assert.Null(terminology.Contains(Colours, CodeSystem, "green"));
        Assert.Null(terminology.Contains(Colours, CodeSystem, "green"));
        Assert.Null(terminology.Contains(Colours, CodeSystem, "blue"));

        Assert.Equal(2, server.Requests.Length);
        Assert.Empty(_reports);
    }

    [Theory]
    [InlineData(500, "", "500 InternalServerError")]
    [InlineData(503, "<html>down</html>", "503 ServiceUnavailable")]
    [InlineData(401, "", "401 Unauthorized")]
    [InlineData(429, "", "429 TooManyRequests")]
    [InlineData(200, "<html>a proxy</html>", "not one complete JSON document")]
    [InlineData(200, """{"resourceType":"Parameters","parameter":[""", "not one complete JSON document")]
    [InlineData(200, "", "not one complete JSON document")]
    [InlineData(200, "{}", "not a Parameters resource")]
    [InlineData(200, "[1,2]", "not a JSON object")]
    [InlineData(200, """{"resourceType":"Bundle","type":"searchset"}""", "not a Parameters resource")]
    [InlineData(200, """{"resourceType":"Parameters","parameter":[{"name":"result","valueString":"true"}]}""", "not a Parameters resource")]
    public async Task A_broken_server_leaves_codes_undecided_and_is_reported_once(int status, string body, string reason)
    {
        await using var server = await ScriptedServer.StartAsync(_ => new ScriptedAnswer(status, body));
        var terminology = Open(server);

        for (var i = 0; i < 20; i++)
            Assert.Null(terminology.Contains(Colours, CodeSystem, $"c{i}"));

        Assert.Single(server.Requests);
        Assert.Contains(reason, Assert.Single(_reports), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_works_again_is_asked_after_half_a_minute_and_its_next_failure_is_reported()
    {
        var isBroken = true;
        await using var server = await ScriptedServer.StartAsync(r => isBroken ? new ScriptedAnswer(500, "") : Colour(r));
        var terminology = Open(server);
        Assert.Null(terminology.Contains(Colours, CodeSystem, "green"));
        _clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Null(terminology.Contains(Colours, CodeSystem, "green"));
        Assert.Single(_reports);

        isBroken = false;
        Assert.Null(terminology.Contains(Colours, CodeSystem, "green"));
        _clock.Advance(TimeSpan.FromSeconds(31));
        Assert.True(terminology.Contains(Colours, CodeSystem, "green"));

        isBroken = true;
        Assert.True(terminology.Contains(Colours, CodeSystem, "green"));
        Assert.Null(terminology.Contains(Colours, CodeSystem, "blue"));
        Assert.Equal(2, _reports.Count);
    }

    [Fact]
    public async Task A_silent_server_is_given_up_at_the_time_limit()
    {
        await using var server = await ScriptedServer.StartAsync(_ => new ScriptedAnswer(200, "")
        {
            WriteBody = (_, token) => Task.Delay(Timeout.Infinite, token),
        });
        var terminology = Open(server, TimeSpan.FromMilliseconds(300));
        var start = Stopwatch.GetTimestamp();

        for (var i = 0; i < 50; i++)
            Assert.Null(terminology.Contains(Colours, CodeSystem, $"c{i}"));

        // One request waits for its limit; 50 would take 15 s.
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0.2, 10);
        Assert.Single(_reports);
    }

    [Fact]
    public void A_server_that_is_not_there_is_reported_once()
    {
        var terminology = new RemoteTerminology(
            new TerminologyClient(_http, "http://127.0.0.1:1/fhir", TimeLimit, _clock),
            _clock,
            _reports.Add
        );

        Assert.Null(terminology.Contains(Colours, CodeSystem, "green"));
        Assert.Null(terminology.Contains(Colours, CodeSystem, "blue"));

        Assert.Contains("http://127.0.0.1:1/fhir/ValueSet/$validate-code", Assert.Single(_reports), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endless_code_is_not_sent()
    {
        await using var server = await ScriptedServer.StartAsync(Colour);

        Assert.Null(Open(server).Contains(Colours, CodeSystem, new string('x', 100_000)));

        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Many_threads_share_the_answers()
    {
        await using var server = await ScriptedServer.StartAsync(Colour);
        var terminology = Open(server);
        terminology.Contains(Colours, CodeSystem, "green");

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(_ => Task.Run(() => Enumerable.Repeat(0, 100).All(_ => terminology.Contains(Colours, CodeSystem, "green") == true)))
        );

        Assert.All(answers, Assert.True);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("required", "green", "")]
    [InlineData("required", "blue", "Error code-invalid Observation.method")]
    [InlineData("extensible", "blue", "Warning code-invalid Observation.method")]
    public async Task The_server_decides_bindings_of_profiles(string strength, string code, string expected)
    {
        await using var server = await ScriptedServer.StartAsync(Colour);

        Assert.Equal(expected, Issues(Validate(Open(server), strength, code)));
    }

    [Fact]
    public async Task A_broken_server_makes_no_resource_invalid()
    {
        await using var server = await ScriptedServer.StartAsync(_ => new ScriptedAnswer(500, "{}"));
        var terminology = Open(server);

        for (var i = 0; i < 100; i++)
            Assert.Equal("", Issues(Validate(terminology, "required", $"c{i}")));

        Assert.Single(server.Requests);
        Assert.Single(_reports);
    }

    private static ValidationResult Validate(ITerminology terminology, string strength, string code)
    {
        var profile = Profile.Load(
            Expect.Utf8(
                "{'resourceType':'StructureDefinition','url':'http://example.org/p','derivation':'constraint','type':'Observation','baseDefinition':'http://hl7.org/fhir/StructureDefinition/Observation',"
                    + "'differential':{'element':[{'id':'Observation','path':'Observation'},{'id':'Observation.method','path':'Observation.method','binding':{'strength':'"
                    + $"{strength}','valueSet':'{Colours}'}}}}]}}}}"
            )
        );
        var profiles = new ProfileSet(R4Schema.Default, ProfilePackage.Of([profile]), [], terminology);
        var validator = new ResourceValidator(R4Schema.Default, new ValidationOptions { ProfileChecker = profiles });
        return validator.Validate(
            Expect.Utf8(
                "{'resourceType':'Observation','meta':{'profile':['http://example.org/p']},'status':'final','code':{'text':'x'},"
                    + $"'method':{{'coding':[{{'system':'{CodeSystem}','code':'{code}'}}]}}}}"
            )
        );
    }

    private static string Issues(ValidationResult result) =>
        string.Join(", ", result.Issues.Select(i => $"{i.Severity} {i.Code} {i.Location}"));

    /// <summary>A clock whose timestamps can be moved ahead; its timers keep real time.</summary>
    private sealed class ShiftedClock : TimeProvider
    {
        private long _offset;

        public void Advance(TimeSpan time) => Interlocked.Add(ref _offset, (long)(time.TotalSeconds * TimestampFrequency));

        public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _offset);
    }
}

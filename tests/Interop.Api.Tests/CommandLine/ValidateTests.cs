using System.IO.Compression;
using System.Text;
using Interop.Api.Tests.Support;
using Interop.TestServers;

namespace Interop.Api.Tests.CommandLine;

/// <summary><c>validate</c>: a line per issue, as other tools read it.</summary>
public sealed class ValidateTests : IDisposable
{
    private static readonly Dictionary<string, string> NoSettings = [];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Good_files_of_every_kind_give_no_lines()
    {
        _folder.Write("one.json", "\uFEFF{\n  \"resourceType\": \"Patient\",\n  \"id\": \"a\"\n}\n");
        _folder.Write("many.ndjson", "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n\n{\"resourceType\":\"Patient\",\"id\":\"b\"}");
        await using (var gzip = new GZipStream(File.Create(_folder.File("packed.ndjson.gz")), CompressionLevel.Fastest))
            gzip.Write("{\"resourceType\":\"Patient\",\"id\":\"c\"}\n"u8);
        var (exitCode, output, errors) = await InteropProcess.RunAsync(
            _folder.Path,
            NoSettings,
            "validate",
            "one.json",
            "many.ndjson",
            "packed.ndjson.gz"
        );
        Assert.Equal((0, "", "4 resources, 0 errors"), (exitCode, output.Trim(), errors));
    }

    [Fact]
    public async Task A_dash_reads_standard_input()
    {
        var (exitCode, output, errors) = await InteropProcess.RunWithInputAsync(
            _folder.Path,
            NoSettings,
            "{\"resourceType\":\"Patient\"}\n{\"resourceType\":\"Patient\",\"gender\":\"tall\"}\n",
            "validate",
            "-"
        );
        Assert.Equal(1, exitCode);
        Assert.StartsWith("-:2 Patient.gender error", output, StringComparison.Ordinal);
        Assert.Equal("2 resources, 1 errors", errors);
    }

    [Fact]
    public async Task Each_issue_is_a_line_with_file_line_location_severity_code_and_text()
    {
        byte[] bytes =
        [
            .. "{\"resourceType\":\"Patient\",\"gender\":\"tall\"}\n"u8,
            .. "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Mu"u8,
            0xFC,
            .. "ller\"}]}\n"u8,
            .. "{\"resourceType\":\"Patient\"\n"u8,
        ];
        await File.WriteAllBytesAsync(_folder.File("bad.ndjson"), bytes);
        var (exitCode, output, errors) = await InteropProcess.RunAsync(_folder.Path, NoSettings, "validate", "bad.ndjson");
        Assert.Equal(1, exitCode);
        var lines = output.Trim().Split('\n');
        Assert.Matches("^bad.ndjson:1 Patient.gender error [a-z-]+ .*tall.*$", lines[0]);
        Assert.Matches("^bad.ndjson:2 - error [a-z-]+ .*UTF-8.*$", lines[1]);
        Assert.Matches("^bad.ndjson:3 Patient error [a-z-]+ .+$", lines[2]);
        Assert.Matches("^3 resources, [3-9] errors$", errors);
        Assert.DoesNotContain(Encoding.UTF8.GetString([0xEF, 0xBF, 0xBD]), output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_missing_or_not_gzip_is_one_line()
    {
        _folder.Write("not.gz", "plain");
        foreach (var file in new[] { "nowhere.json", "not.gz" })
        {
            var (exitCode, _, errors) = await InteropProcess.RunAsync(_folder.Path, NoSettings, "validate", file);
            Assert.Equal(2, exitCode);
            Assert.Matches("^interop: .+$", errors);
        }
    }

    [Fact]
    public async Task Level_full_adds_the_invariants_and_profiles_their_rules()
    {
        _folder.Write(
            "profile.json",
            """{"resourceType":"StructureDefinition","url":"http://example.org/p","derivation":"constraint","type":"Patient","differential":{"element":[{"id":"Patient.birthDate","min":1}]}}"""
        );
        _folder.Write(
            "in.ndjson",
            """
            {"resourceType":"Patient","name":[{"period":{"start":"2024-02-01","end":"2024-01-01"}}]}
            {"resourceType":"Patient","meta":{"profile":["http://example.org/p"]},"text":{"status":"empty","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}}
            """
        );
        Assert.Equal((0, "", "2 resources, 0 errors"), await RunAsync("in.ndjson"));
        Assert.Equal(
            (
                1,
                "in.ndjson:2 Patient.birthDate error required The profile http://example.org/p asks for at least 1 birthDate; there are 0.",
                "2 resources, 1 errors"
            ),
            await RunAsync("in.ndjson", "--profile", "profile.json")
        );
        var (exitCode, output, errors) = await RunAsync("in.ndjson", "--level", "full");
        Assert.Equal((1, "2 resources, 1 errors"), (exitCode, errors));
        Assert.Contains(
            "in.ndjson:1 Patient.name[0].period error invariant per-1: If present, start SHALL have a lower value than end",
            output.Split('\n')
        );
        (exitCode, output, errors) = await RunAsync("in.ndjson", "--profile", "in.ndjson");
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Matches("^interop: --profile: in.ndjson cannot be used: .+$", errors);
    }

    [Fact]
    public async Task Endless_nesting_is_named_and_the_rest_of_the_file_is_read()
    {
        // Looked at again with every block that is read, a line like these takes half a minute.
        await using (var file = File.Create(_folder.File("deep.ndjson")))
        {
            await file.WriteAsync(Enumerable.Repeat((byte)'[', 50_000_000).ToArray());
            file.WriteByte((byte)'\n');
            for (var i = 0; i < 2_000_000; i++)
                file.Write("{\"a\":"u8);
            file.Write("\n{\"resourceType\":\"Patient\",\"id\":\"a\"}\n"u8);
            await file.WriteAsync(new byte[70_000_000]);
            file.Write("\n{\"resourceType\":\"Patient\",\"id\":\"a b\"}\n"u8);
        }

        var (exitCode, output, errors) = await InteropProcess.RunAsync(_folder.Path, NoSettings, "validate", "deep.ndjson");
        Assert.Equal(1, exitCode);
        var lines = output.Trim().Split('\n');
        Assert.Contains("deep.ndjson:1 - error too-costly The resource is nested more than 128 levels deep.", lines);
        Assert.Contains("deep.ndjson:2 - error too-costly The resource is nested more than 128 levels deep.", lines);
        Assert.Contains("deep.ndjson:4 - error too-long The resource is larger than the 67,108,864 bytes that are allowed.", lines);
        Assert.StartsWith("deep.ndjson:5 Patient.id error value", lines[^1], StringComparison.Ordinal);
        Assert.StartsWith("5 resources, ", errors, StringComparison.Ordinal);
    }

    private const string Colours = """
        {"resourceType":"StructureDefinition","url":"http://example.org/p","derivation":"constraint","type":"Observation",
         "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Observation","differential":{"element":[{"id":"Observation","path":"Observation"},
         {"id":"Observation.method","path":"Observation.method","binding":{"strength":"required","valueSet":"http://example.org/colours"}}]}}
        """;

    private void WriteColours()
    {
        _folder.Write("profile.json", Colours);
        _folder.Write("Observation.ndjson", Observation("a", "green") + Observation("b", "blue") + Observation("c", "blue"));
    }

    private static string Observation(string id, string colour) =>
        $$$"""
            {"resourceType":"Observation","id":"{{{id}}}","meta":{"profile":["http://example.org/p"]},"status":"final","code":{"text":"x"},"method":{"coding":[{"system":"http://x","code":"{{{colour}}}"}]}}

            """;

    private static ScriptedAnswer OnlyGreen(ScriptedRequest request)
    {
        var isGreen = request.Query["code"] == "green" ? "true" : "false";
        return new(200, $$"""{"resourceType":"Parameters","parameter":[{"name":"result","valueBoolean":{{isGreen}}}]}""");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_terminology_server_decides_the_codes_that_profiles_leave_open(bool isSetting)
    {
        WriteColours();
        await using var server = await ScriptedServer.StartAsync(OnlyGreen);
        var url = server.Base.AbsoluteUri;
        string[] arguments = ["validate", "Observation.ndjson", "--profile", "profile.json"];

        var (exitCode, output, errors) = await InteropProcess.RunAsync(
            _folder.Path,
            isSetting ? new Dictionary<string, string> { ["TERMINOLOGY_URL"] = url } : NoSettings,
            isSetting ? arguments : [.. arguments, "--terminology", url]
        );

        Assert.Equal((1, "3 resources, 2 errors"), (exitCode, errors));
        Assert.StartsWith("Observation.ndjson:2 Observation.method error code-invalid", output, StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Length);
    }

    [Fact]
    public async Task A_terminology_server_that_is_down_is_one_line_and_no_error()
    {
        WriteColours();

        var (exitCode, output, errors) = await RunAsync(
            "Observation.ndjson",
            "--profile",
            "profile.json",
            "--terminology",
            "http://127.0.0.1:1/fhir"
        );

        Assert.Equal((0, ""), (exitCode, output));
        var lines = errors.Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("The terminology server is not available", lines[0], StringComparison.Ordinal);
        Assert.Equal("3 resources, 0 errors", lines[1]);
    }

    [Fact]
    public async Task A_terminology_server_must_be_a_URL()
    {
        var (exitCode, _, errors) = await RunAsync("a.json", "--terminology", "tx.example.org");
        Assert.Equal(2, exitCode);
        Assert.Contains("--terminology must be an absolute http or https URL, not 'tx.example.org'", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ingestion_asks_the_terminology_server_too()
    {
        WriteColours();
        await using var server = await ScriptedServer.StartAsync(OnlyGreen);

        var (exitCode, output, errors) = await InteropProcess.RunAsync(
            _folder.Path,
            new Dictionary<string, string>
            {
                ["TERMINOLOGY_URL"] = server.Base.AbsoluteUri,
                ["Validation__Profiles"] = "profile.json",
                ["INTEROP_DATA"] = _folder.File("data"),
            },
            "ingest",
            "Observation",
            "--files",
            "Observation.ndjson"
        );

        Assert.True(exitCode == 0, output + errors);
        Assert.Equal(2, server.Requests.Length);
        Assert.Matches(@"Observation\s+3\s+1\s+0\s+2\s", output); // fetched, stored, unchanged, dead letters
    }

    private async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var (exitCode, output, errors) = await InteropProcess.RunAsync(_folder.Path, NoSettings, ["validate", .. arguments]);
        return (exitCode, output.Trim(), errors);
    }
}

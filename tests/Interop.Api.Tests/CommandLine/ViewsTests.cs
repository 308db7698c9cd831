using System.IO.Compression;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.TestServers;

namespace Interop.Api.Tests.CommandLine;

/// <summary><c>views run</c>: rows of a file of resources, bad lines named and passed over.</summary>
public sealed class ViewsTests : IDisposable
{
    private const string View = """
        {"resourceType":"ViewDefinition","resource":"Patient","select":[{"column":[{"name":"id","path":"id"},{"name":"given","path":"name.given","type":"string","collection":true},{"name":"weight","path":"extension.value.ofType(decimal).first()"},{"name":"phone","path":"telecom.value.first()"}]}]}
        """;

    private const string Resources = """
        {"resourceType":"Patient","id":"a","name":[{"given":["A","B"]}],"extension":[{"url":"http://x","valueDecimal":1.50}],"telecom":[{"value":"+49 30"}]}
        {"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"}}
        {"resourceType":"Patient","id":"b"}
        """;

    private static readonly Dictionary<string, string> NoSettings = [];

    private readonly TemporaryFolder _folder = new();

    public ViewsTests() => _folder.Write("view.json", View);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Rows_go_to_standard_output_as_NDJSON()
    {
        _folder.Write("in.ndjson", Resources);
        var (exitCode, output, errors) = await RunAsync("in.ndjson");
        Assert.Equal(
            """
            {"id":"a","given":["A","B"],"weight":1.50,"phone":"+49 30"}
            {"id":"b","given":[],"weight":null,"phone":null}
            """,
            output.Trim()
        );
        Assert.Equal((0, "3 resources, 1 of other types, 2 rows, 0 bad lines"), (exitCode, errors));
    }

    [Fact]
    public async Task The_outputs_extension_says_the_format_and_the_file_is_whole()
    {
        await using (var gzip = new GZipStream(File.Create(_folder.File("in.ndjson.gz")), CompressionLevel.Fastest))
            await gzip.WriteAsync(System.Text.Encoding.UTF8.GetBytes(Resources));
        _folder.Write("out.csv", "of last week");
        var (exitCode, output, _) = await RunAsync("in.ndjson.gz", "--output", "out.csv");
        Assert.Equal((0, ""), (exitCode, output.Trim()));
        Assert.Equal(
            "id,given,weight,phone\r\na,\"[\"\"A\"\",\"\"B\"\"]\",1.50,'+49 30\r\nb,[],,\r\n",
            await File.ReadAllTextAsync(_folder.File("out.csv"))
        );
        Assert.False(File.Exists(_folder.File("out.csv.part")));

        await RunAsync("in.ndjson.gz", "--output", "out.csv", "--format", "ndjson");
        Assert.StartsWith("{\"id\":\"a\"", await File.ReadAllTextAsync(_folder.File("out.csv")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_line_is_named_and_the_other_lines_are_read()
    {
        byte[] bytes =
        [
            .. "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n{\"resourceType\":\"Patient\"\n[1]\n{\"id\":\"x\"}\n{\"resourceType\":\"Unicorn\"}\n"u8,
            .. "{\"resourceType\":\"Patient\",\"extension\":[{\"url\":\"a\",\"valueDecimal\":1},{\"url\":\"b\",\"valueDecimal\":2}]}\n{\"resourceType\":\"Patient\",\"id\":\""u8,
            0xFC,
            .. "\"}\n\n"u8,
            .. "{\"resourceType\":\"Patient\",\"extension\":"u8,
            .. Enumerable.Repeat((byte)'[', 300),
            .. "\n"u8,
            .. "{\"resourceType\":\"Patient\",\"id\":\"b\"}"u8,
        ];
        _folder.Write("view.json", View.Replace("ofType(decimal).first()", "ofType(decimal)", StringComparison.Ordinal));
        await File.WriteAllBytesAsync(_folder.File("in.ndjson"), bytes);
        var (exitCode, output, errors) = await RunAsync("in.ndjson", "--output", "out.ndjson");
        Assert.Equal((1, ""), (exitCode, output.Trim()));
        Assert.Equal(
            ["a", "b"],
            (await File.ReadAllLinesAsync(_folder.File("out.ndjson"))).Select(l =>
                JsonDocument.Parse(l).RootElement.GetProperty("id").GetString()
            )
        );
        var lines = errors.Split('\n');
        Assert.StartsWith(
            "view.json: select[0].column[2].path: warning: 'extension.value.ofType(decimal)' may give several values",
            lines[0],
            StringComparison.Ordinal
        );
        Assert.StartsWith("in.ndjson:2 not JSON", lines[1], StringComparison.Ordinal);
        Assert.Equal("in.ndjson:3 no resource: a resource is a JSON object", lines[2]);
        Assert.Equal("in.ndjson:4 no resource: resourceType is missing", lines[3]);
        Assert.Equal("in.ndjson:5 no resource: FHIR R4 has no resource type 'Unicorn'", lines[4]);
        Assert.Equal(
            "in.ndjson:6 the view cannot take this resource: weight: the path gives 2 values, but the column is no collection",
            lines[5]
        );
        Assert.Equal("in.ndjson:7 the line is not UTF-8", lines[6]);
        Assert.StartsWith("in.ndjson:9 not JSON, or nested more than 128 levels deep", lines[7], StringComparison.Ordinal);
        Assert.Equal("9 resources, 0 of other types, 2 rows, 7 bad lines", lines[8]);
    }

    [Theory]
    [InlineData("{", "interop: view.json: not JSON: ")]
    [InlineData(
        """{"resource":"Patient","select":[{"column":[{"name":"a","path":"id"},{"name":"b","path":"name..x"}]}]}""",
        "interop: view.json: select[0].column[1].path: "
    )]
    public async Task A_bad_view_is_one_line_with_its_place(string view, string line)
    {
        _folder.Write("view.json", view);
        _folder.Write("in.ndjson", Resources);
        var (exitCode, output, errors) = await RunAsync("in.ndjson", "--output", "out.ndjson");
        Assert.Equal((1, ""), (exitCode, output.Trim()));
        Assert.StartsWith(line, errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', errors);
        Assert.False(File.Exists(_folder.File("out.ndjson")));
    }

    [Fact]
    public async Task An_input_that_breaks_off_leaves_no_half_file()
    {
        _folder.Write("in.ndjson.gz", "no gzip");
        var (exitCode, _, errors) = await RunAsync("in.ndjson.gz", "--output", "out.ndjson");
        Assert.Equal(2, exitCode);
        Assert.Matches("^interop: .+$", errors);
        Assert.Empty(Directory.GetFiles(_folder.Path, "out*"));

        _folder.Write("same.ndjson", Resources);
        Assert.Equal(
            (2, "interop: --output same.ndjson is the input itself"),
            await ExitAndErrorsAsync("same.ndjson", "--output", "same.ndjson")
        );
        Assert.Equal(Resources, await File.ReadAllTextAsync(_folder.File("same.ndjson")));
    }

    private async Task<(int, string)> ExitAndErrorsAsync(string input, params string[] more)
    {
        var (exitCode, _, errors) = await RunAsync(input, more);
        return (exitCode, errors);
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(string input, params string[] more) =>
        InteropProcess.RunAsync(_folder.Path, NoSettings, ["views", "run", "--view", "view.json", "--input", input, .. more]);
}

using System.IO.Compression;
using System.Text;
using Interop.Api.Tests.Support;

namespace Interop.Api.Tests.CommandLine;

/// <summary><c>validate</c>: a line per issue, as other tools read it.</summary>
public sealed class ValidateTests : IDisposable
{
    private static readonly Dictionary<string, string> NoSettings = [];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task GoodFilesOfEveryKindGiveNoLines()
    {
        _folder.Write("one.json", "\uFEFF{\n  \"resourceType\": \"Patient\",\n  \"id\": \"a\"\n}\n");
        _folder.Write("many.ndjson", "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n\n{\"resourceType\":\"Patient\",\"id\":\"b\"}");
        await using (var gzip = new GZipStream(File.Create(_folder.File("packed.ndjson.gz")), CompressionLevel.Fastest))
            gzip.Write("{\"resourceType\":\"Patient\",\"id\":\"c\"}\n"u8);
        var (exitCode, output, errors) = await InteropProcess.RunAsync(_folder.Path, NoSettings, "validate", "one.json", "many.ndjson", "packed.ndjson.gz");
        Assert.Equal((0, "", "4 resources, 0 errors"), (exitCode, output.Trim(), errors));
    }

    [Fact]
    public async Task EachIssueIsALineWithFileLineLocationSeverityCodeAndText()
    {
        byte[] bytes =
        [
            .. "{\"resourceType\":\"Patient\",\"gender\":\"tall\"}\n"u8,
            .. "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Mu"u8, 0xFC, .. "ller\"}]}\n"u8,
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
    public async Task AFileThatIsNotThereOrNotGzipIsOneLine()
    {
        _folder.Write("not.gz", "plain");
        foreach (var file in new[] { "nowhere.json", "not.gz" })
        {
            var (exitCode, _, errors) = await InteropProcess.RunAsync(_folder.Path, NoSettings, "validate", file);
            Assert.Equal(2, exitCode);
            Assert.Matches("^interop: .+$", errors);
        }
    }
}

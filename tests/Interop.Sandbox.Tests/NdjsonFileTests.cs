using System.IO.Compression;
using System.Text.Json;
using Interop.Tests;
using static Interop.Sandbox.Tests.SandboxClient;

namespace Interop.Sandbox.Tests;

public sealed class NdjsonFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sandbox-ndjson-");

    public void Dispose() => _folder.Delete(recursive: true);

    [DataFact("synthea-100")]
    public async Task Synthea_resources_are_served_as_they_are_in_the_files()
    {
        await using var server = await SandboxServer.StartAsync(
            new SandboxOptions { DataDirectory = PublishedData.Require("synthea-100") }
        );
        using var client = new SandboxClient(server);
        Assert.Equal(38_039, server.Store.TotalCount);
        var counts = JsonDocument
            .Parse(await File.ReadAllTextAsync(Path.Combine(PublishedData.Require("synthea-100"), "counts.json")))
            .RootElement;
        foreach (var count in counts.EnumerateObject())
            Assert.Equal(
                count.Value.GetInt32(),
                (await client.GetJsonAsync(count.Name + "?_summary=count")).GetProperty("total").GetInt32()
            );

        var served = (await client.MatchesAsync("Condition?_sort=_lastUpdated&_count=100"))
            .Select(resource => resource.GetRawText())
            .Order(StringComparer.Ordinal);
        await using var file = File.OpenRead(Path.Combine(PublishedData.Require("synthea-100"), "Condition.ndjson.gz"));
        using var reader = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        var lines = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);
        Assert.Equal(lines, served);

        var patient = served
            .Select(text => JsonDocument.Parse(text).RootElement.GetProperty("subject").GetProperty("reference").GetString())
            .First();
        Assert.Equal(
            served.Count(text => text.Contains(patient!, StringComparison.Ordinal)),
            (await client.MatchesAsync("Condition?patient=" + patient)).Count
        );
    }

    [Fact]
    public async Task Plain_and_compressed_files_are_read_and_keep_their_text()
    {
        const string Line =
            """{"resourceType":"Flag","id":"f1","meta":{"versionId":"7","lastUpdated":"2024-05-01T12:00:00.5+02:00"},"x":1.50}""";
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "Flag.ndjson"), Line + "\n\n");
        await using (
            var packed = new GZipStream(File.Create(Path.Combine(_folder.FullName, "Patient.ndjson.gz")), CompressionMode.Compress)
        )
            await packed.WriteAsync("""{"resourceType":"Patient","id":"p1"}"""u8.ToArray());
        await using var server = await SandboxServer.StartAsync(new SandboxOptions { DataDirectory = _folder.FullName });
        using var client = new SandboxClient(server);
        Assert.Equal(Line, (await client.GetJsonAsync("Flag/f1")).GetRawText());
        Assert.Equal("f1", Id(Assert.Single(await client.MatchesAsync("Flag?_lastUpdated=2024-05-01T10:00:00.5Z"))));
        Assert.Single(await client.MatchesAsync("Patient"));
    }

    [Fact]
    public async Task A_line_that_is_no_resource_is_named()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "Flag.ndjson"), "{\"resourceType\":\"Flag\",\"id\":\"1\"}\n{oops\n");
        var error = await Assert.ThrowsAsync<InvalidDataException>(() =>
            SandboxServer.StartAsync(new SandboxOptions { DataDirectory = _folder.FullName })
        );
        Assert.Contains("Flag.ndjson, line 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_without_such_files_is_refused() =>
        await Assert.ThrowsAsync<InvalidDataException>(() =>
            SandboxServer.StartAsync(new SandboxOptions { DataDirectory = _folder.FullName })
        );
}

using System.IO.Compression;
using System.Text;
using Interop.Tests;

namespace Interop.Fhir.Tests;

/// <summary>The resources among the published data.</summary>
internal static class TestData
{
    private const string Synthea = "synthea-100";
    private const string Examples = "fhir-r4/examples";

    public static IEnumerable<string> SyntheaFiles =>
        Directory.EnumerateFiles(PublishedData.Require(Synthea), "*.ndjson.gz").Order(StringComparer.Ordinal);

    public static IEnumerable<string> ExampleFiles =>
        Directory.EnumerateFiles(PublishedData.Require(Examples), "*.json").Order(StringComparer.Ordinal);

    /// <summary>Those that are small enough to be changed many times; none where the data is not.</summary>
    public static IEnumerable<byte[]> SmallExamples =>
        PublishedData.Find(Examples) is null ? [] : ExampleFiles.Select(File.ReadAllBytes).Where(bytes => bytes.Length < 8_000);

    public static byte[] Example(string name) => File.ReadAllBytes(Path.Combine(PublishedData.Require(Examples), name));

    public static IEnumerable<byte[]> SyntheaResources(string file)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress), Encoding.UTF8);
        while (reader.ReadLine() is { } line)
            yield return Encoding.UTF8.GetBytes(line);
    }
}

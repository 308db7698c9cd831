using System.IO.Compression;
using System.Text;

namespace Interop.Fhir.Tests;

/// <summary>The third-party data the tests read: INTEROP_TEST_DATA, or shared/data beside the checkout.</summary>
internal static class TestData
{
    public static string? Root { get; } = Find();

    public static string SkipReason => "The test data is not here: set INTEROP_TEST_DATA, or put it into shared/data beside the checkout.";

    public static IEnumerable<string> SyntheaFiles => Directory.EnumerateFiles(Path.Combine(Root!, "synthea-100"), "*.ndjson.gz").Order(StringComparer.Ordinal);

    public static IEnumerable<string> ExampleFiles => Directory.EnumerateFiles(Path.Combine(Root!, "fhir-r4", "examples"), "*.json").Order(StringComparer.Ordinal);

    public static byte[] Example(string name) => File.ReadAllBytes(Path.Combine(Root!, "fhir-r4", "examples", name));

    public static IEnumerable<byte[]> SyntheaResources(string file)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress), Encoding.UTF8);
        while (reader.ReadLine() is { } line)
            yield return Encoding.UTF8.GetBytes(line);
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("INTEROP_TEST_DATA") is { Length: > 0 } configured)
            return Directory.Exists(configured) ? configured : null;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Interop.sln")))
            {
                var beside = Path.Combine(folder.Parent!.FullName, "shared", "data");
                return Directory.Exists(beside) ? beside : null;
            }
        }

        return null;
    }
}

/// <summary>A test over <see cref="TestData"/>, reported as skipped where that is not there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DataFactAttribute : FactAttribute
{
    public DataFactAttribute()
    {
        if (TestData.Root is null)
            Skip = TestData.SkipReason;
    }
}

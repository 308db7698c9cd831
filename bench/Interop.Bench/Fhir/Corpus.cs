using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Interop.Fhir.Views;

namespace Interop.Bench.Fhir;

/// <summary>Synthea's resources: INTEROP_TEST_DATA's, or shared/data's beside the checkout.</summary>
internal static class Corpus
{
    public static byte[][] Observations() => Read("Observation");

    /// <summary>A patient with an official name.</summary>
    public static JsonElement Patient() =>
        Read("Patient").Select(bytes => JsonDocument.Parse(bytes).RootElement)
            .First(patient => patient.GetProperty("name").EnumerateArray().Any(name => name.GetProperty("use").ValueEquals("official")));

    private static byte[][] Read(string type)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(FindFile($"synthea-100/{type}.ndjson.gz")), CompressionMode.Decompress));
        var lines = new List<byte[]>();
        while (reader.ReadLine() is { } line)
            lines.Add(Encoding.UTF8.GetBytes(line));
        return [.. lines];
    }

    private static string FindFile(string file)
    {
        if (Environment.GetEnvironmentVariable("INTEROP_TEST_DATA") is { Length: > 0 } data)
            return Path.Combine(data, file);
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Interop.sln")))
            folder = folder.Parent;
        return Path.Combine(folder?.Parent?.FullName ?? ".", "shared", "data", file);
    }
}

/// <summary>Takes rows and only counts what they hold, so that a view is measured and not its output.</summary>
internal sealed class CountingSink : IViewRowSink
{
    public long Bytes { get; private set; }

    public void BeginRow()
    {
    }

    public void Null()
    {
    }

    public void Boolean(bool value) => Bytes++;

    public void Integer(long value) => Bytes++;

    public void Numeric(ReadOnlySpan<byte> digits) => Bytes += digits.Length;

    public void Text(ReadOnlySpan<byte> utf8) => Bytes += utf8.Length;

    public void Json(ReadOnlySpan<byte> utf8) => Bytes += utf8.Length;

    public void EndRow()
    {
    }
}

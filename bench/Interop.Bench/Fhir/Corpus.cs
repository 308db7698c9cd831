using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Interop.Fhir.Views;
using Interop.Tests;

namespace Interop.Bench.Fhir;

/// <summary>Synthea's resources.</summary>
internal static class Corpus
{
    public static byte[][] Observations() => Read("Observation");

    /// <summary>A patient with an official name.</summary>
    public static JsonElement Patient() =>
        Read("Patient")
            .Select(bytes => JsonDocument.Parse(bytes).RootElement)
            .First(patient => patient.GetProperty("name").EnumerateArray().Any(name => name.GetProperty("use").ValueEquals("official")));

    private static byte[][] Read(string type)
    {
        using var reader = new StreamReader(
            new GZipStream(
                File.OpenRead(Path.Combine(PublishedData.Require("synthea-100"), $"{type}.ndjson.gz")),
                CompressionMode.Decompress
            )
        );
        var lines = new List<byte[]>();
        while (reader.ReadLine() is { } line)
            lines.Add(Encoding.UTF8.GetBytes(line));
        return [.. lines];
    }
}

/// <summary>Counts values without writing them, so that only the view is measured.</summary>
internal sealed class CountingSink : IViewRowSink
{
    public long Bytes { get; private set; }

    public void BeginRow() { }

    public void Null() { }

    public void Boolean(bool value) => Bytes++;

    public void Integer(long value) => Bytes++;

    public void Numeric(ReadOnlySpan<byte> digits) => Bytes += digits.Length;

    public void Text(ReadOnlySpan<byte> utf8) => Bytes += utf8.Length;

    public void Json(ReadOnlySpan<byte> utf8) => Bytes += utf8.Length;

    public void EndRow() { }
}

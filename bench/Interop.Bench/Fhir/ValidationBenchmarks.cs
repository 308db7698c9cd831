using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using BenchmarkDotNet.Attributes;
using Interop.Fhir.Validation;

namespace Interop.Bench.Fhir;

/// <summary>
/// Structure validation of Synthea's Observations: one resource under BenchmarkDotNet, and the whole file in a loop on one core.
/// The file is INTEROP_TEST_DATA's (or shared/data's, beside the checkout) synthea-100/Observation.ndjson.gz.
/// </summary>
[MemoryDiagnoser]
public class ValidationBenchmarks
{
    private byte[][] _observations = [];
    private int _next;

    [GlobalSetup]
    public void Load() => _observations = ReadObservations();

    [Benchmark]
    public bool Observation()
    {
        _next = (_next + 1) % _observations.Length;
        return ResourceValidator.Default.Validate(_observations[_next]).HasErrors;
    }

    /// <summary>Validates the whole file over and over, and writes the best second's rate and what one resource allocates.</summary>
    public static void MeasureWholeFile(TextWriter output)
    {
        var observations = ReadObservations();
        var validator = ResourceValidator.Default;
        var best = 0.0;
        long allocated = 0, count = 0, errors = 0;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var clock = Stopwatch.StartNew();
            count = 0;
            do
            {
                foreach (var observation in observations)
                    errors += validator.Validate(observation).HasErrors ? 1 : 0;
                count += observations.Length;
            }
            while (clock.Elapsed < TimeSpan.FromSeconds(1));

            best = Math.Max(best, count / clock.Elapsed.TotalSeconds);
            allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / count;
        }

        output.WriteLine(
            $"validate (structure): {best:N0} Observations/s on one core, {allocated:N0} bytes allocated each, {errors} errors "
            + $"({observations.Length:N0} resources of {observations.Average(o => o.Length):N0} bytes; goal 30,000/s and 1,024 bytes)");
    }

    private static byte[][] ReadObservations()
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(FindFile()), CompressionMode.Decompress));
        var lines = new List<byte[]>();
        while (reader.ReadLine() is { } line)
            lines.Add(Encoding.UTF8.GetBytes(line));
        return [.. lines];
    }

    private static string FindFile()
    {
        const string file = "synthea-100/Observation.ndjson.gz";
        if (Environment.GetEnvironmentVariable("INTEROP_TEST_DATA") is { Length: > 0 } data)
            return Path.Combine(data, file);
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Interop.sln")))
            folder = folder.Parent;
        return Path.Combine(folder?.Parent?.FullName ?? ".", "shared", "data", file);
    }
}

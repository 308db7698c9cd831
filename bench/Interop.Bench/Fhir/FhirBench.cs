using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Interop.Fhir.Files;
using Interop.Fhir.Views;
using Interop.Silo.CommandLine;
using Spectre.Console;

namespace Interop.Bench.Fhir;

/// <summary>
/// <c>fhir</c>: validation, views and FHIRPath over Synthea's whole Observation file on one thread, each against a floor over the same
/// bytes in the same run. Short rounds alternate between the measurements, so that other load on the machine affects all of them; the best
/// round counts. <c>--micro</c> runs the same under BenchmarkDotNet.
/// </summary>
internal static class FhirBench
{
    private const int Evaluations = 100_000;

    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "Rounds of 0.2 seconds for each", DefaultValueFactory = _ => 25 };
        var megabytes = new Option<int>("--megabytes") { Description = "Size of the file for views run", DefaultValueFactory = _ => 100 };
        var micro = new Option<bool>("--micro") { Description = "BenchmarkDotNet, one resource at a time" };
        var command = new Command("fhir", "Validation, views and FHIRPath on one core, against reading the same JSON")
        {
            rounds,
            megabytes,
            micro,
        };
        command.SetAction(
            (parsed, token) =>
                parsed.GetValue(micro)
                    ? Task.FromResult(MicroBenchmarks.Run())
                    : RunAsync(parsed.GetValue(rounds), parsed.GetValue(megabytes), token)
        );
        return command;
    }

    private static async Task<int> RunAsync(int rounds, int megabytes, CancellationToken cancellationToken)
    {
        var observations = Corpus.Observations();
        var parsed = Array.ConvertAll(observations, o => JsonDocument.Parse(o).RootElement);
        var patient = Corpus.Patient();
        var work = new Work();
        var bytes = observations.Sum(o => (long)o.Length);
        Console.WriteLine(
            $"{observations.Length:N0} Observations of {bytes / observations.Length:N0} bytes, one thread, {Environment.ProcessorCount} cores, .NET {Environment.Version}"
        );

        var walk = new Measurement(
            "(a) floor: Utf8JsonReader walks the bytes",
            null,
            observations.Length,
            () => Each(observations, Work.Walk)
        );
        var parse = new Measurement("(b) floor: JsonDocument.Parse", null, observations.Length, () => Each(observations, Work.Parse));
        var hand = new Measurement(
            "(c) floor: the path as hand-written code",
            null,
            Evaluations,
            () => Repeat(() => Work.EvaluateByHand(patient))
        );
        var structure = new Measurement(
            "validation, structure",
            walk,
            observations.Length,
            () => Expect(Each(observations, Work.Validate) == 0, "Synthea's Observations are valid")
        );
        var full = new Measurement(
            "validation, full",
            walk,
            observations.Length,
            () => Expect(Each(observations, Work.ValidateFully) == 0, "they satisfy the invariants")
        );
        var view = new Measurement(
            "observations view, without parsing",
            null,
            observations.Length,
            () => Expect(Each(parsed, work.Rows) == parsed.Length, "each gives a row")
        );
        var parseAndView = new Measurement(
            "observations view, with JsonDocument.Parse",
            parse,
            observations.Length,
            () => Each(observations, work.ParseAndView)
        );
        var path = new Measurement(
            "name.where(use='official').given.first()",
            hand,
            Evaluations,
            () => Repeat(() => Work.EvaluatePath(patient))
        );
        Expect(
            Work.EvaluatePath(patient) is { Length: > 0 } given && given == Work.EvaluateByHand(patient),
            "the hand-written code finds the same"
        );
        Measurement[] all = [walk, parse, hand, structure, full, view, parseAndView, path];
        for (var round = -1; round < rounds; round++)
        {
            foreach (var measurement in all)
                measurement.Round(isWarmup: round < 0);
        }

        var table = new Table().Border(TableBorder.Simple).AddColumn("what");
        foreach (var column in new[] { "per second", "ns each", "bytes allocated each", "MB/s", "of its floor" })
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var m in all)
        {
            var isFile = m.Count == observations.Length;
            table.AddRow(
                m.What.EscapeMarkup(),
                $"{m.PerSecond:N0}",
                $"{1e9 / m.PerSecond:N0}",
                $"{m.AllocatedEach:N0}",
                isFile ? $"{m.PerSecond / m.Count * bytes / 1e6:N0}" : "",
                m.Floor is null ? "" : $"{m.Ratio:0.00}"
            );
        }

        foreach (var (what, perSecond, rate, ratio) in await FilesAsync(observations, megabytes, cancellationToken))
            table.AddRow(what, $"{perSecond:N0}", $"{1e9 / perSecond:N0}", "", $"{rate:N0}", ratio is null ? "" : $"{ratio:0.00}");
        AnsiConsole.Profile.Width = 140;
        AnsiConsole.Write(table);
        Console.WriteLine(
            $"ratio: validation, structure, to (a) {structure.Ratio:0.00}; view with parsing to (b) {parseAndView.Ratio:0.00}; path to (c) {path.Ratio:0.00}"
        );
        return 0;
    }

    /// <summary>Measures the command from file to file, against reading the file's lines and parsing them.</summary>
    private static async Task<List<(string What, double PerSecond, double Rate, double? Ratio)>> FilesAsync(
        byte[][] observations,
        int megabytes,
        CancellationToken cancellationToken
    )
    {
        var folder = Directory.CreateTempSubdirectory("interop-bench-").FullName;
        try
        {
            var input = new FileInfo(Path.Combine(folder, "in.ndjson"));
            var lines = await WriteAsync(input, observations, megabytes * 1_000_000L, cancellationToken);
            var rows = new List<(string, double, double, double?)>();
            var floor = await BestAsync(() => ReadAsync(input, cancellationToken));
            rows.Add(("(d) floor: the file's lines through JsonDocument.Parse", lines / floor, input.Length / floor / 1e6, null));
            foreach (var format in new[] { ViewFileRun.Ndjson, ViewFileRun.Csv })
            {
                var seconds = await BestAsync(async () =>
                {
                    await using var output = File.Create(Path.Combine(folder, "out"));
                    var run = new ViewFileRun(
                        DefaultViews.All["observations"],
                        input,
                        (_, reason) => throw new InvalidOperationException(reason)
                    );
                    await run.WriteAsync(output, format, cancellationToken);
                    Expect(run.Rows == lines, "a row a line");
                });
                rows.Add(($"views run to {format}, file to file", lines / seconds, input.Length / seconds / 1e6, floor / seconds));
            }

            return rows;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<long> WriteAsync(FileInfo file, byte[][] observations, long atLeast, CancellationToken cancellationToken)
    {
        await using var stream = file.Create();
        for (long lines = 0; ; lines++)
        {
            if (stream.Position >= atLeast)
                return lines;
            await stream.WriteAsync(observations[lines % observations.Length], cancellationToken);
            stream.WriteByte((byte)'\n');
        }
    }

    private static async Task ReadAsync(FileInfo input, CancellationToken cancellationToken)
    {
        await foreach (var (_, line) in ResourceFile.ReadAsync(input, cancellationToken))
            JsonDocument.Parse(line).Dispose();
    }

    private static async Task<double> BestAsync(Func<Task> run)
    {
        var best = double.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            var clock = Stopwatch.StartNew();
            await run();
            best = Math.Min(best, clock.Elapsed.TotalSeconds);
        }

        return best;
    }

    private static long Each<T>(T[] resources, Func<T, int> work)
    {
        long sum = 0;
        foreach (var resource in resources)
            sum += work(resource);
        return sum;
    }

    private static void Repeat(Func<string?> work)
    {
        for (var i = 0; i < Evaluations; i++)
            work();
    }

    private static void Expect(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"not so: {what}");
    }

    /// <param name="What">Its name in the table.</param>
    /// <param name="Floor">The measurement that it is compared with.</param>
    /// <param name="Count">How many resources or evaluations one pass has.</param>
    /// <param name="Pass">One pass over all of them.</param>
    private sealed record Measurement(string What, Measurement? Floor, int Count, Action Pass)
    {
        private static readonly TimeSpan Length = TimeSpan.FromMilliseconds(200);

        public double PerSecond { get; private set; }

        public long AllocatedEach { get; private set; }

        /// <summary>Its share of the floor's speed.</summary>
        public double Ratio => PerSecond / Floor!.PerSecond;

        public void Round(bool isWarmup)
        {
            var passes = 0L;
            var before = GC.GetAllocatedBytesForCurrentThread();
            var clock = Stopwatch.StartNew();
            do
            {
                Pass();
                passes++;
            } while (clock.Elapsed < Length);

            var perSecond = passes * Count / clock.Elapsed.TotalSeconds;
            if (isWarmup)
                return;
            AllocatedEach = (GC.GetAllocatedBytesForCurrentThread() - before) / (passes * Count);
            PerSecond = Math.Max(PerSecond, perSecond);
        }
    }
}

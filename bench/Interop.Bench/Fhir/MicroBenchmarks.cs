using System.Text.Json;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Interop.Bench.Fhir;

/// <summary>The measurements of <see cref="FhirBench"/> one resource at a time, under BenchmarkDotNet.</summary>
internal static class MicroBenchmarks
{
    public static int Run()
    {
        // Warmed up long enough for the last tier of compiled code to come also on a busy machine. In this process: a project of
        // BenchmarkDotNet's making would not find our packages and output folders.
        var config = DefaultConfig.Instance.AddJob(
            Job.ShortRun.WithWarmupCount(12).WithIterationCount(5).WithToolchain(InProcessEmitToolchain.Instance)
        );
        var summaries = BenchmarkRunner.Run([typeof(ValidationBenchmarks), typeof(ViewBenchmarks), typeof(FhirPathBenchmarks)], config);
        return summaries.Any(s => s.HasCriticalValidationErrors || s.Reports.Any(r => !r.Success)) ? 1 : 0;
    }
}

/// <summary>Observations in turn, so that no branch predictor learns one by heart.</summary>
[MemoryDiagnoser]
public class ValidationBenchmarks
{
    private byte[][] _observations = [];
    private int _next;

    [GlobalSetup]
    public void Load() => _observations = Corpus.Observations();

    [Benchmark(Baseline = true)]
    public int Walk() => Work.Walk(Next());

    [Benchmark]
    public int Structure() => Work.Validate(Next());

    [Benchmark]
    public int Full() => Work.ValidateFully(Next());

    private byte[] Next() => _observations[_next = (_next + 1) % _observations.Length];
}

/// <summary>The observations view.</summary>
[MemoryDiagnoser]
public class ViewBenchmarks
{
    private readonly Work _work = new();
    private byte[][] _observations = [];
    private JsonElement[] _parsed = [];
    private int _next;

    [GlobalSetup]
    public void Load()
    {
        _observations = Corpus.Observations();
        _parsed = Array.ConvertAll(_observations, o => JsonDocument.Parse(o).RootElement);
    }

    [Benchmark(Baseline = true)]
    public int Parse() => Work.Parse(_observations[Next()]);

    [Benchmark]
    public int ParseAndView() => _work.ParseAndView(_observations[Next()]);

    [Benchmark]
    public int View() => _work.Rows(_parsed[Next()]);

    private int Next() => _next = (_next + 1) % _observations.Length;
}

/// <summary>Patient.name.where(use='official').given.first()</summary>
[MemoryDiagnoser]
public class FhirPathBenchmarks
{
    private JsonElement _patient;

    [GlobalSetup]
    public void Load() => _patient = Corpus.Patient();

    [Benchmark(Baseline = true)]
    public string? ByHand() => Work.EvaluateByHand(_patient);

    [Benchmark]
    public string? Compiled() => Work.EvaluatePath(_patient);
}

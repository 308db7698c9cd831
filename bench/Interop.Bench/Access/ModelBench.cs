using System.CommandLine;
using System.Globalization;
using Interop.Anomaly.Features;
using Interop.Anomaly.Models;
using Interop.Anomaly.Scoring;
using Interop.Sandbox.Hospital;

namespace Interop.Bench.Access;

/// <summary><c>model</c>: how many events a second the model alone scores on one core, on features of the simulated hospital.</summary>
internal static class ModelBench
{
    private const double GoalPerSecond = 300_000;
    private const int WarmUps = 3;

    public static Command Create()
    {
        var days = new Option<int>("--days") { Description = "Days of the hospital; half of them train", DefaultValueFactory = _ => 12 };
        var repetitions = new Option<int>("--repetitions") { Description = "How often all rows are scored", DefaultValueFactory = _ => 30 };
        var command = new Command("model", "Events per second of the anomaly model alone, on one core") { days, repetitions };
        command.SetAction(parsed => Run(parsed.GetValue(days), parsed.GetValue(repetitions)));
        return command;
    }

    private static void Run(int days, int repetitions)
    {
        var run = AccessRun.Through(new HospitalOptions { Days = days, TrainingDays = days / 2 }, withCare: true);
        var model = AccessModel.Train("bench", run.Training, AccessModel.DefaultOptions, () => new ForestModel()).Model;
        var rows = new FeatureTable(FeatureCatalog.Columns, run.Test.Count);
        foreach (var e in run.Test)
            rows.Add(e.Features.Values);
        var scores = new float[rows.Count];
        for (var i = 0; i < WarmUps; i++)
            model.Score(rows, scores);
        var perSecond = new double[repetitions];
        for (var i = 0; i < repetitions; i++)
        {
            var started = TimeProvider.System.GetTimestamp();
            model.Score(rows, scores);
            perSecond[i] = rows.Count / TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        }

        Array.Sort(perSecond);
        var median = perSecond[repetitions / 2];
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"the model alone, one thread, {rows.Count:N0} events with {FeatureCatalog.Count} features, {repetitions} repetitions: median {median:N0}, min {perSecond[0]:N0}, max {perSecond[^1]:N0} events/s; ratio to {GoalPerSecond:N0}: {median / GoalPerSecond:F2}"
            )
        );
    }
}

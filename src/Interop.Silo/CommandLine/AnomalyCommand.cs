using System.CommandLine;
using System.Globalization;
using Interop.Anomaly.Models;
using Interop.Silo.Hosting;

namespace Interop.Silo.CommandLine;

/// <summary><c>anomaly score FILE --train FILE</c>: one score per row; with labels also how well the scores rank the rows.</summary>
internal static class AnomalyCommand
{
    public static Command Create()
    {
        var file = new Argument<FileInfo>("FILE")
        {
            Description = "CSV with a header, also .gz; a last column named label (1 = anomaly) is not scored",
        };
        var train = new Option<FileInfo?>("--train") { Description = "The rows to train on (default: FILE itself)" };
        var seed = new Option<int>("--seed") { Description = "The model's seed", DefaultValueFactory = _ => 1 };
        var score = new Command("score", "Train the anomaly model on rows of numbers and score others") { file, train, seed };
        score.SetAction((parsed, token) => ScoreAsync(parsed.GetValue(file)!, parsed.GetValue(train), parsed.GetValue(seed), token));
        return new Command("anomaly", "The anomaly model on its own") { score };
    }

    private static async Task<int> ScoreAsync(FileInfo file, FileInfo? train, int seed, CancellationToken cancellationToken)
    {
        var test = CsvFeatures.Read(file.FullName);
        var training = train is null ? test : CsvFeatures.Read(train.FullName);
        if (training.Rows.Columns.Count != test.Rows.Columns.Count)
            throw new InvalidDataException($"{file} has {test.Rows.Columns.Count} columns, {train} has {training.Rows.Columns.Count}");
        var model = AnomalyModels.Create();
        model.Train(training.Rows, new TrainingOptions(seed), cancellationToken);
        var scores = new float[test.Rows.Count];
        model.Score(test.Rows, scores);
        await using var output = new StreamWriter(Console.OpenStandardOutput(), bufferSize: 16 * 1024);
        foreach (var value in scores)
            await output.WriteLineAsync(value.ToString("R", CultureInfo.InvariantCulture));
        await output.FlushAsync(cancellationToken);
        if (test.Labels is { } labels && labels.Contains(true) && labels.Contains(false))
        {
            await Console.Error.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"AUROC {RankingMetrics.Auroc(scores, labels):F4}, AUCPR {RankingMetrics.Aucpr(scores, labels):F4}"
                )
            );
        }

        return 0;
    }
}

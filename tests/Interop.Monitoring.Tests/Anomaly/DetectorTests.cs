using Interop.Anomaly.Models;
using Interop.Tests;
using Xunit.Abstractions;

namespace Interop.Monitoring.Tests.Anomaly;

public sealed class DetectorTests(ITestOutputHelper output)
{
    private static readonly string[] Sets =
    [
        "annthyroid",
        "breastw",
        "cardio",
        "mammography",
        "Pima",
        "pendigits",
        "satimage-2",
        "thyroid",
    ];

    [DataFact("adbench")]
    public void The_default_model_ranks_the_eight_sets_better_than_the_published_isolation_forest()
    {
        var folder = PublishedData.Require("adbench");
        double auroc = 0,
            aucpr = 0;
        foreach (var set in Sets)
        {
            var train = CsvFeatures.Read(Path.Combine(folder, $"{set}.train.csv.gz"));
            var test = CsvFeatures.Read(Path.Combine(folder, $"{set}.test.csv.gz"));
            double setAuroc = 0,
                setAucpr = 0;
            for (var seed = 1; seed <= 5; seed++)
            {
                var model = new ForestModel();
                model.Train(train.Rows, new TrainingOptions(seed));
                var scores = new float[test.Rows.Count];
                model.Score(test.Rows, scores);
                setAuroc += RankingMetrics.Auroc(scores, test.Labels!) / 5;
                setAucpr += RankingMetrics.Aucpr(scores, test.Labels!) / 5;
            }

            output.WriteLine($"{set, -12} {setAuroc:P1} {setAucpr:P1}");
            auroc += setAuroc / Sets.Length;
            aucpr += setAucpr / Sets.Length;
        }

        output.WriteLine($"{"mean", -12} {auroc:P2} {aucpr:P2}");
        Assert.True(auroc > 0.906, $"mean AUROC {auroc:P2}, published 90.6 %");
        Assert.True(aucpr > 0.557, $"mean AUCPR {aucpr:P2}, published 55.7 %");
    }

    [Fact]
    public void The_same_seed_gives_the_same_model_and_another_seed_another()
    {
        var rows = Cloud(2_000, 5, 1);

        Assert.Equal(Saved(rows, 1), Saved(rows, 1));
        Assert.NotEqual(Saved(rows, 1), Saved(rows, 2));
    }

    [Fact]
    public void A_loaded_model_scores_as_the_saved_one()
    {
        var rows = Cloud(2_000, 5, 1);
        var model = new ForestModel();
        model.Train(rows, new TrainingOptions());
        using var stream = new MemoryStream();
        model.Save(stream);
        stream.Position = 0;
        var loaded = new ForestModel();

        loaded.Load(stream);

        Assert.Equal(Scores(model, rows), Scores(loaded, rows));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(100)]
    [InlineData(10_000)]
    public void A_cut_off_model_is_refused(int length)
    {
        var saved = Saved(Cloud(500, 3, 1), 1);

        Assert.Throws<InvalidDataException>(() => new ForestModel().Load(new MemoryStream(saved[..Math.Min(length, saved.Length - 1)])));
    }

    [Fact]
    public void A_far_row_scores_higher_than_most_others_and_its_feature_explains_it()
    {
        var rows = Cloud(5_000, 4, 7);
        var model = new ForestModel();
        model.Train(rows, new TrainingOptions());
        float[] far = [0, 0, 25, 0];
        var odd = new FeatureTable(rows.Columns);
        odd.Add(far);
        var contributions = new float[4];

        model.Explain(far, contributions);

        var score = Scores(model, odd)[0];
        Assert.True(Scores(model, rows).Count(s => s >= score) < 250);
        Assert.Equal(2, Array.IndexOf(contributions, contributions.Max()));
    }

    [Fact]
    public void A_row_scores_the_same_alone_and_in_a_batch()
    {
        var rows = Cloud(101, 6, 3);
        var model = new ForestModel();
        model.Train(rows, new TrainingOptions());
        var batch = Scores(model, rows);

        for (var row = 0; row < rows.Count; row++)
        {
            var one = new FeatureTable(rows.Columns);
            one.Add(rows[row]);
            Assert.Equal(batch[row], Scores(model, one)[0]);
            Assert.Equal(batch[row], model.Score(rows[row]), 1e-3f);
        }
    }

    [Fact]
    public void Columns_without_variation_and_values_that_are_no_numbers_do_no_harm()
    {
        var rows = new FeatureTable([new("a"), new("b")]);
        for (var i = 0; i < 300; i++)
            rows.Add([7, float.NaN]);
        var model = new ForestModel();
        model.Train(rows, new TrainingOptions());

        Assert.All(Scores(model, rows), s => Assert.True(float.IsFinite(s)));
    }

    internal static FeatureTable Cloud(int count, int columns, int seed)
    {
        var random = new Random(seed);
        var rows = new FeatureTable([.. Enumerable.Range(0, columns).Select(i => new FeatureColumn($"x{i}"))]);
        var row = new float[columns];
        for (var i = 0; i < count; i++)
        {
            for (var c = 0; c < columns; c++)
                row[c] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
            rows.Add(row);
        }

        return rows;
    }

    private static float[] Scores(ForestModel model, FeatureTable rows)
    {
        var scores = new float[rows.Count];
        model.Score(rows, scores);
        return scores;
    }

    private static byte[] Saved(FeatureTable rows, int seed)
    {
        var model = new ForestModel();
        model.Train(rows, new TrainingOptions(seed));
        using var stream = new MemoryStream();
        model.Save(stream);
        return stream.ToArray();
    }
}

using Interop.Anomaly.Features;
using Interop.Anomaly.MLNet;
using Interop.Anomaly.Models;
using Interop.Anomaly.Scoring;
using Interop.Tests;
using Microsoft.ML;
using Xunit.Abstractions;

namespace Interop.Monitoring.Tests.Anomaly.MLNet;

/// <summary>Only in a build with <c>-p:Anomaly=MLNet</c>.</summary>
public sealed class MLNetModelTests(ITestOutputHelper output)
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
    public void The_pipeline_ranks_the_eight_sets_better_than_the_published_isolation_forest()
    {
        var folder = PublishedData.Require("adbench");
        var (pipeline, error, own) = (new Mean(), new Mean(), new Mean());
        foreach (var set in Sets)
        {
            var train = CsvFeatures.Read(Path.Combine(folder, $"{set}.train.csv.gz"));
            var test = CsvFeatures.Read(Path.Combine(folder, $"{set}.test.csv.gz"));
            for (var seed = 1; seed <= 5; seed++)
            {
                pipeline.Add(set, Scores(new MLNetModel(), train.Rows, test.Rows, seed), test.Labels!);
                error.Add(
                    set,
                    Scores(new MLNetModel { UsesForest = false, ResidualWeight = 1 }, train.Rows, test.Rows, seed),
                    test.Labels!
                );
                own.Add(set, OwnScores(train.Rows, test.Rows, seed), test.Labels!);
            }
        }

        output.WriteLine($"pipeline                    {pipeline}");
        output.WriteLine($"reconstruction error alone  {error}");
        output.WriteLine($"RandomizedPca's own score   {own}");
        Assert.True(pipeline.Auroc > 0.906, $"mean AUROC {pipeline.Auroc:P2}, published 90.6 %");
        Assert.True(pipeline.Aucpr > 0.557, $"mean AUCPR {pipeline.Aucpr:P2}, published 55.7 %");
    }

    [Fact]
    public void A_saved_model_scores_as_before_on_several_threads_at_once()
    {
        var rows = Cloud(2_000, 7);
        var model = Trained(rows);
        var loaded = new MLNetModel();
        loaded.Load(new MemoryStream(Saved(model)));
        var expected = new float[rows.Count];
        model.Score(rows, expected);

        var results = Enumerable
            .Range(0, 6)
            .AsParallel()
            .WithDegreeOfParallelism(6)
            .Select(_ =>
            {
                var scores = new float[rows.Count];
                loaded.Score(rows, scores);
                return scores;
            })
            .ToList();

        Assert.All(results, scores => Assert.Equal(expected, scores));
        Assert.Equal(rows.Columns, loaded.Columns);
    }

    [Fact]
    public void The_same_seed_gives_the_same_scores()
    {
        var rows = Cloud(1_000, 5);

        Assert.Equal(Scores(new MLNetModel(), rows, rows, 3), Scores(new MLNetModel(), rows, rows, 3));
    }

    [Fact]
    public void A_model_that_was_changed_or_cut_off_is_refused()
    {
        var saved = Saved(Trained(Cloud(300, 4)));
        var changed = (byte[])saved.Clone();
        changed[^200] ^= 1;

        Assert.Throws<InvalidDataException>(() => new MLNetModel().Load(new MemoryStream(changed)));
        Assert.Throws<InvalidDataException>(() => new MLNetModel().Load(new MemoryStream(saved[..^9])));
        Assert.Throws<InvalidDataException>(() => new MLNetModel().Load(new MemoryStream([1, 2, 3])));
        Assert.Throws<InvalidDataException>(() => new ForestModel().Load(new MemoryStream(saved)));
    }

    [Fact]
    public void Columns_with_one_value_and_tables_with_one_column_are_scored()
    {
        var rows = new FeatureTable([new("a"), new("constant"), new("b")]);
        var single = new FeatureTable([new("a")]);
        for (var i = 0; i < 500; i++)
        {
            rows.Add([i % 13, 7, i % 5]);
            single.Add([i % 13]);
        }

        Assert.All(Scores(new MLNetModel(), rows, rows, 1), score => Assert.True(float.IsFinite(score)));
        Assert.All(Scores(new MLNetModel(), single, single, 1), score => Assert.True(float.IsFinite(score)));
    }

    [Fact]
    public void The_column_that_is_odd_contributes_most()
    {
        var rows = Cloud(3_000, 6);
        var odd = rows[17].ToArray();
        odd[4] = 40;
        var contributions = new float[6];

        Trained(rows).Explain(odd, contributions);

        Assert.Equal(4, Array.IndexOf(contributions, contributions.Max()));
    }

    [Fact]
    public void A_version_names_its_kind_and_a_program_of_another_kind_refuses_it()
    {
        var rows = new FeatureTable(FeatureCatalog.Columns);
        var random = new Random(5);
        for (var i = 0; i < 600; i++)
            rows.Add([.. Enumerable.Range(0, FeatureCatalog.Count).Select(_ => (float)random.NextDouble())]);
        var saved = AccessModel.Train("m-1", rows, AccessModel.DefaultOptions, () => new MLNetModel()).Save();

        Assert.Equal("mlnet", AccessModel.Load("m-1", saved, () => new MLNetModel()).Model.Kind);
        var refused = Assert.Throws<InvalidDataException>(() => AccessModel.Load("m-1", saved, () => new ForestModel()));
        Assert.Contains("mlnet", refused.Message, StringComparison.Ordinal);
    }

    private static float[] Scores(MLNetModel model, FeatureTable train, FeatureTable test, int seed)
    {
        model.Train(train, new TrainingOptions(seed));
        var scores = new float[test.Count];
        model.Score(test, scores);
        return scores;
    }

    /// <summary>The score that RandomizedPca gives by itself.</summary>
    private static float[] OwnScores(FeatureTable train, FeatureTable test, int seed)
    {
        var context = new MLContext(seed);
        var pipeline = context
            .Transforms.NormalizeMeanVariance(FeatureRows.Normalized, FeatureRows.Features, fixZero: false)
            .Append(context.AnomalyDetection.Trainers.RandomizedPca(FeatureRows.Normalized, rank: train.Columns.Count / 2, seed: seed))
            .Fit(FeatureRows.ToDataView(context, train));
        var scored = pipeline.Transform(FeatureRows.ToDataView(context, test));
        return [.. context.Data.CreateEnumerable<OwnScore>(scored, reuseRowObject: true).Select(row => row.Score)];
    }

    private static MLNetModel Trained(FeatureTable rows)
    {
        var model = new MLNetModel();
        model.Train(rows, new TrainingOptions());
        return model;
    }

    private static byte[] Saved(MLNetModel model)
    {
        using var stream = new MemoryStream();
        model.Save(stream);
        return stream.ToArray();
    }

    private static FeatureTable Cloud(int count, int columns)
    {
        var random = new Random(1);
        var rows = new FeatureTable([.. Enumerable.Range(0, columns).Select(i => new FeatureColumn($"x{i}"))]);
        for (var i = 0; i < count; i++)
            rows.Add([.. Enumerable.Range(0, columns).Select(_ => (float)(random.NextDouble() + random.NextDouble() - 1))]);
        return rows;
    }

    private sealed class OwnScore
    {
        public float Score { get; set; }
    }

    private sealed class Mean
    {
        private readonly Dictionary<string, (double Auroc, double Aucpr)> _sets = [];

        public double Auroc => _sets.Values.Average(s => s.Auroc);

        public double Aucpr => _sets.Values.Average(s => s.Aucpr);

        public void Add(string set, float[] scores, bool[] labels)
        {
            var (auroc, aucpr) = _sets.GetValueOrDefault(set);
            _sets[set] = (auroc + (RankingMetrics.Auroc(scores, labels) / 5), aucpr + (RankingMetrics.Aucpr(scores, labels) / 5));
        }

        public override string ToString() =>
            string.Join(" | ", _sets.Select(s => $"{s.Key} {s.Value.Auroc * 100:F1}/{s.Value.Aucpr * 100:F1}"))
            + $" | mean {Auroc * 100:F2}/{Aucpr * 100:F2}";
    }
}

namespace Interop.Anomaly.Models;

/// <summary>How a model is trained.</summary>
/// <param name="Seed">The same seed and rows give the same model.</param>
/// <param name="Trees">Trees of the forest.</param>
/// <param name="SampleSize">Rows that each tree is grown from.</param>
/// <param name="MaxDepth">Levels of a tree.</param>
/// <param name="TailWeight">How much the tail probabilities count beside the forest.</param>
public sealed record TrainingOptions(int Seed = 1, int Trees = 100, int SampleSize = 256, int MaxDepth = 12, float TailWeight = 1);

/// <summary>
/// An unsupervised detector of unusual rows. An instance is trained or loaded once; after that it does not change, and any number of
/// threads may score with it.
/// </summary>
public interface IAnomalyModel
{
    /// <summary>What kind of model this is, such as <c>forest</c>. Stored with every version and score.</summary>
    string Kind { get; }

    /// <summary>The columns that it was trained on. Empty before training.</summary>
    IReadOnlyList<FeatureColumn> Columns { get; }

    /// <exception cref="ArgumentException">Fewer than two rows.</exception>
    void Train(FeatureTable rows, TrainingOptions options, CancellationToken cancellationToken = default);

    /// <summary>One number per row: higher is more anomalous. Comparable within this model only.</summary>
    void Score(FeatureTable rows, Span<float> scores);

    /// <summary>How much each feature adds to the row's score: the score's drop when the feature takes its median of the training
    /// rows.</summary>
    void Explain(ReadOnlySpan<float> row, Span<float> contributions);

    /// <summary>Writes the trained model.</summary>
    void Save(Stream stream);

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">Not a model of this kind, or of a newer version.</exception>
    void Load(Stream stream);
}

using Interop.Anomaly.Models;
using Microsoft.ML.Transforms;

namespace Interop.Anomaly.MLNet;

/// <summary>The column that the forest adds.</summary>
internal sealed class ForestOutput
{
    public float ForestScore { get; set; }
}

/// <summary>
/// Finds the forest again when a pipeline is loaded: a custom mapping saves only the name of its contract. <see cref="MLNetModel"/> reads
/// the forest from the same zip first and hands it over for the time of the load, on the same thread.
/// </summary>
[CustomMappingFactoryAttribute(ContractName)]
internal sealed class ForestMapping : CustomMappingFactory<FeatureInput, ForestOutput>
{
    public const string ContractName = "Interop.Forest.1";

    [ThreadStatic]
    private static ForestModel? _loading;

    /// <summary>Runs the load with the forest at hand.</summary>
    public static T WithForest<T>(ForestModel forest, Func<T> load)
    {
        _loading = forest;
        try
        {
            return load();
        }
        finally
        {
            _loading = null;
        }
    }

    public override Action<FeatureInput, ForestOutput> GetMapping() =>
        MappingOf(_loading ?? throw new InvalidOperationException("A pipeline with a forest is loaded by MLNetModel.Load only"));

    /// <summary>Free of side effects; any number of threads may use it.</summary>
    public static Action<FeatureInput, ForestOutput> MappingOf(ForestModel forest) =>
        (input, output) => output.ForestScore = forest.Score(input.Features);
}

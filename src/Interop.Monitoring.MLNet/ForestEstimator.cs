using Interop.Anomaly.Models;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Interop.Anomaly.MLNet;

/// <summary>Trains the isolation forest as a step of a pipeline; the fitted step is a custom mapping.</summary>
internal sealed class ForestEstimator(
    MLContext context,
    IReadOnlyList<FeatureColumn> columns,
    TrainingOptions options,
    CancellationToken cancellationToken
) : IEstimator<ITransformer>
{
    /// <summary>The forest of the last fit.</summary>
    public ForestModel? Forest { get; private set; }

    public ITransformer Fit(IDataView input)
    {
        var rows = new FeatureTable(columns);
        foreach (
            var row in context.Data.CreateEnumerable<FeatureInput>(
                input,
                reuseRowObject: true,
                schemaDefinition: FeatureRows.Schema(columns.Count)
            )
        )
            rows.Add(row.Features);
        var forest = new ForestModel();
        forest.Train(rows, options, cancellationToken);
        Forest = forest;
        return Mapping(forest).Fit(input);
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => Mapping(new ForestModel()).GetOutputSchema(inputSchema);

    private CustomMappingEstimator<FeatureInput, ForestOutput> Mapping(ForestModel forest) =>
        context.Transforms.CustomMapping(ForestMapping.MappingOf(forest), ForestMapping.ContractName, FeatureRows.Schema(columns.Count));
}

using Interop.Anomaly.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Interop.Anomaly.MLNet;

/// <summary>One row as the pipeline reads it.</summary>
internal sealed class FeatureInput
{
    public float[] Features { get; set; } = [];
}

/// <summary>What the pipeline adds to a row.</summary>
internal sealed class ScoredOutput
{
    public float[] Normalized { get; set; } = [];

    public float ForestScore { get; set; }
}

/// <summary>Turns a <see cref="FeatureTable"/> into a data view.</summary>
internal static class FeatureRows
{
    public const string Features = nameof(FeatureInput.Features);
    public const string Normalized = nameof(ScoredOutput.Normalized);

    /// <summary>The number of features must be part of the schema: trainers refuse vectors of unknown size.</summary>
    public static SchemaDefinition Schema(int columns)
    {
        var schema = SchemaDefinition.Create(typeof(FeatureInput));
        schema[Features].ColumnType = new VectorDataViewType(NumberDataViewType.Single, columns);
        return schema;
    }

    public static IDataView ToDataView(MLContext context, FeatureTable rows) =>
        context.Data.LoadFromEnumerable(Rows(rows), Schema(rows.Columns.Count));

    // A row of its own for each: a reader may look ahead.
    private static IEnumerable<FeatureInput> Rows(FeatureTable rows)
    {
        for (var i = 0; i < rows.Count; i++)
            yield return new FeatureInput { Features = rows[i].ToArray() };
    }
}

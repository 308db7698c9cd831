using System.Numerics.Tensors;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace Interop.Anomaly.MLNet;

/// <summary>
/// What a row has beyond the principal components: the absolute reconstruction error. The trainer's own score is the error's share of the
/// row's length; it ignores magnitude and ranks anomalies poorly.
/// </summary>
internal sealed class PcaResidual
{
    private readonly float[] _mean;
    private readonly float[][] _axes;

    public PcaResidual(PcaModelParameters model)
    {
        var mean = default(VBuffer<float>);
        model.GetMean(ref mean);
        VBuffer<float>[]? axes = null;
        model.GetEigenVectors(ref axes, out var rank);
        _axes = [.. axes.Take(rank).Select(axis => axis.DenseValues().ToArray())];
        // Without centering the trainer keeps no mean.
        _mean = mean.Length == 0 ? new float[_axes[0].Length] : [.. mean.DenseValues()];
    }

    /// <summary>Writes the row's part outside of the components, column by column.</summary>
    /// <returns>Its length.</returns>
    public float Write(ReadOnlySpan<float> normalized, Span<float> residual)
    {
        TensorPrimitives.Subtract(normalized, _mean, residual);
        // The axes are orthonormal: each is taken off in its turn.
        foreach (var axis in _axes)
            TensorPrimitives.MultiplyAdd(axis, -TensorPrimitives.Dot(residual, axis), residual, residual);
        return TensorPrimitives.Norm(residual);
    }
}

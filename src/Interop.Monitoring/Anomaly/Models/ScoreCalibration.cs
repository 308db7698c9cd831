namespace Interop.Anomaly.Models;

/// <summary>
/// Turns a model's score into p, the share of the training events that are at least as anomalous, and p into the calibrated score
/// min(1, -log10(p) / 5). Above the threshold the share is extrapolated: peaks over threshold with a generalized Pareto tail, fitted by
/// probability-weighted moments (Hosking, Wallis 1987).
/// </summary>
public sealed class ScoreCalibration
{
    private const int SmallestTail = 50;
    private readonly float[] _points; // ascending quantiles up to the threshold
    private readonly float _threshold;
    private readonly double _tailShare;
    private readonly double _shape;
    private readonly double _scale;

    private ScoreCalibration(float[] points, float threshold, double tailShare, double shape, double scale) =>
        (_points, _threshold, _tailShare, _shape, _scale) = (points, threshold, tailShare, shape, scale);

    /// <summary>Below this p the tail is extrapolated.</summary>
    public double ExtrapolatedBelow => _tailShare;

    /// <param name="scores">The model's scores of the training events; sorted by this call.</param>
    public static ScoreCalibration Fit(float[] scores)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scores.Length, 2);
        Array.Sort(scores);
        var n = scores.Length;
        var tail = Math.Min(Math.Max(SmallestTail, n / 100), Math.Max(1, n / 10));
        var threshold = scores[n - tail - 1];
        var points = new float[Math.Min(1001, n)];
        for (var i = 0; i < points.Length; i++)
            points[i] = scores[(int)((long)i * (n - tail - 1) / (points.Length - 1))];

        // Probability-weighted moments of the exceedances.
        double b0 = 0,
            b1 = 0;
        for (var i = 0; i < tail; i++)
        {
            double excess = scores[n - tail + i] - threshold;
            b0 += excess / tail;
            b1 += excess * (tail - 1 - i) / Math.Max(1, tail - 1) / tail;
        }

        var shape = b0 > 2 * b1 && tail > 10 ? 2 - (b0 / (b0 - (2 * b1))) : 0;
        shape = Math.Clamp(shape, -0.2, 0.5);
        var scale = Math.Max(1e-6, b0 * (1 - shape));
        return new ScoreCalibration(points, threshold, (double)tail / n, shape, scale);
    }

    /// <summary>The share of the training events at least as anomalous; above 0, at most 1.</summary>
    public double Share(float score)
    {
        if (score > _threshold)
        {
            var excess = (score - _threshold) / _scale;
            var survival = Math.Abs(_shape) < 1e-6 ? Math.Exp(-excess) : Math.Pow(Math.Max(1e-9, 1 + (_shape * excess)), -1 / _shape);
            return Math.Max(1e-12, _tailShare * survival);
        }

        var at = Array.BinarySearch(_points, score);
        if (at < 0)
            at = ~at;
        while (at > 0 && _points[at - 1] == score)
            at--;
        return 1 - ((1 - _tailShare) * at / _points.Length);
    }

    /// <summary>From 0 to 1: min(1, -log10(p) / 5).</summary>
    public static double ToScore(double share) => Math.Clamp(-Math.Log10(share) / 5, 0, 1);

    public void Save(BinaryWriter writer)
    {
        writer.Write(_threshold);
        writer.Write(_tailShare);
        writer.Write(_shape);
        writer.Write(_scale);
        writer.Write(_points.Length);
        foreach (var point in _points)
            writer.Write(point);
    }

    public static ScoreCalibration Load(BinaryReader reader)
    {
        var threshold = reader.ReadSingle();
        var tailShare = reader.ReadDouble();
        var shape = reader.ReadDouble();
        var scale = reader.ReadDouble();
        var count = reader.ReadInt32();
        if (count is < 1 or > 10_000)
            throw new InvalidDataException($"The calibration claims {count} points");
        var points = new float[count];
        for (var i = 0; i < count; i++)
            points[i] = reader.ReadSingle();
        return new ScoreCalibration(points, threshold, tailShare, shape, scale);
    }
}

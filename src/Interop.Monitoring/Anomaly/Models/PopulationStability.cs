namespace Interop.Anomaly.Models;

/// <summary>
/// The population stability index of calibrated scores against the training distribution, over ten bins that each hold a tenth of the
/// training events. Over 0.25 the two differ much.
/// </summary>
public sealed class PopulationStability
{
    private const int Bins = 10;
    private readonly long[] _counts = new long[Bins];

    /// <summary>Above this value a warning is logged.</summary>
    public const double WarningLevel = 0.25;

    public long Count { get; private set; }

    /// <param name="share">p of the event, as <see cref="ScoreCalibration.Share"/> tells it: even between 0 and 1 in training.</param>
    public void Add(double share)
    {
        _counts[Math.Clamp((int)(share * Bins), 0, Bins - 1)]++;
        Count++;
    }

    /// <summary>0: the same distribution. Without events: 0.</summary>
    public double Index()
    {
        if (Count == 0)
            return 0;
        const double expected = 1.0 / Bins;
        double index = 0;
        foreach (var count in _counts)
        {
            var actual = Math.Max(1e-4, (double)count / Count);
            index += (actual - expected) * Math.Log(actual / expected);
        }

        return index;
    }

    public void Reset()
    {
        Array.Clear(_counts);
        Count = 0;
    }
}

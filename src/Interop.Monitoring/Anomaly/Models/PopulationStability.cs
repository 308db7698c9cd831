namespace Interop.Anomaly.Models;

/// <summary>
/// The population stability index of calibrated scores against the training distribution, over ten bins that each hold a tenth of the
/// training events. Over 0.25 the two differ much.
/// </summary>
public sealed class PopulationStability
{
    /// <summary>How many bins there are.</summary>
    public const int Bins = 10;

    private readonly long[] _counts = new long[Bins];

    /// <summary>Above this value a warning is logged.</summary>
    public const double WarningLevel = 0.25;

    public long Count { get; private set; }

    /// <param name="share">p of the event, as <see cref="ScoreCalibration.Share"/> tells it: even between 0 and 1 in training.</param>
    public void Add(double share)
    {
        _counts[BinOf(share)]++;
        Count++;
    }

    /// <summary>The bin of an event.</summary>
    /// <param name="share">As in <see cref="Add"/>.</param>
    public static int BinOf(double share) => Math.Clamp((int)(share * Bins), 0, Bins - 1);

    /// <summary>0: the same distribution. Without events: 0.</summary>
    public double Index() => Index(_counts);

    /// <inheritdoc cref="Index()"/>
    /// <param name="counts">Events by bin.</param>
    public static double Index(ReadOnlySpan<long> counts)
    {
        long total = 0;
        foreach (var count in counts)
            total += count;
        if (total == 0)
            return 0;
        const double expected = 1.0 / Bins;
        double index = 0;
        foreach (var count in counts)
        {
            var actual = Math.Max(1e-4, (double)count / total);
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

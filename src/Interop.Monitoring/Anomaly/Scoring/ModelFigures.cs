using Interop.Anomaly.Models;

namespace Interop.Anomaly.Scoring;

/// <summary>The figures of the model versions: use, drift, and shadow against the version whose scores counted.</summary>
public static class ModelFigures
{
    /// <summary>How far back use and shadow go.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromDays(28);

    private static readonly TimeSpan DriftWindow = TimeSpan.FromDays(7);

    // Fewer events are a few hours of one shift, and those differ from the whole training period on every day.
    private const long DriftEvents = 1_000;

    /// <summary>Adds the figures to the versions.</summary>
    /// <param name="versions">All versions.</param>
    /// <param name="tallies">The tallies of <see cref="Window"/>, the oldest first.</param>
    /// <param name="now">The time.</param>
    public static IEnumerable<ModelVersion> Of(
        IReadOnlyList<ModelVersion> versions,
        IReadOnlyList<(DateTimeOffset Day, ModelTally Tally)> tallies,
        DateTimeOffset now
    )
    {
        var byModel = tallies.ToLookup(t => t.Tally.Model, StringComparer.Ordinal);
        return versions.Select(version =>
            version with
            {
                Use = UseOf([.. byModel[version.Id].Where(t => t.Tally.Beside.Length == 0)]),
                Drift = DriftOf([.. byModel[version.Id].Where(t => t.Day > now - DriftWindow)]),
                Shadow = ShadowOf([.. byModel[version.Id].Where(t => t.Tally.Beside.Length > 0)]),
            }
        );
    }

    private static ModelUse? UseOf(List<(DateTimeOffset Day, ModelTally Tally)> tallies) =>
        tallies.Count == 0
            ? null
            : new ModelUse(
                tallies.Sum(t => t.Tally.Events),
                tallies.Sum(t => t.Tally.Medium),
                tallies.Sum(t => t.Tally.High),
                tallies[0].Day,
                tallies[^1].Day
            );

    private static ModelDrift? DriftOf(List<(DateTimeOffset Day, ModelTally Tally)> tallies)
    {
        var events = tallies.Sum(t => t.Tally.Events);
        if (events < DriftEvents)
            return null;
        var index = IndexOf(tallies.Select(t => t.Tally));
        var days = tallies
            .GroupBy(t => t.Day, t => t.Tally)
            .Select(day => new DriftDay(day.Key, IndexOf(day), day.Sum(t => t.Events)))
            .Where(day => day.Events >= DriftEvents);
        return new ModelDrift(index, PopulationStability.WarningLevel, index > PopulationStability.WarningLevel, events, [.. days]);
    }

    /// <summary>Against the version beside which it was last; an earlier one is of no interest any more.</summary>
    private static ShadowComparison? ShadowOf(List<(DateTimeOffset Day, ModelTally Tally)> tallies)
    {
        if (tallies.Count == 0)
            return null;
        var beside = tallies[^1].Tally.Beside;
        tallies.RemoveAll(t => t.Tally.Beside != beside);
        var own = tallies.Sum(t => t.Tally.Medium + t.Tally.High);
        var others = tallies.Sum(t => t.Tally.BesideMedium + t.Tally.BesideHigh);
        var both = tallies.Sum(t => t.Tally.BothAlert);
        var either = own + others - both;
        return new ShadowComparison(
            beside,
            tallies.Sum(t => t.Tally.Events),
            tallies.Sum(t => t.Tally.Medium),
            tallies.Sum(t => t.Tally.High),
            tallies.Sum(t => t.Tally.BesideMedium),
            tallies.Sum(t => t.Tally.BesideHigh),
            both,
            either == 0 ? null : (double)both / either,
            tallies[0].Day,
            tallies[^1].Day
        );
    }

    private static double IndexOf(IEnumerable<ModelTally> tallies)
    {
        var bins = new long[PopulationStability.Bins];
        foreach (var tally in tallies)
        {
            for (var i = 0; i < bins.Length; i++)
                bins[i] += tally.Bins[i];
        }

        return PopulationStability.Index(bins);
    }
}

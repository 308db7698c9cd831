using Interop.Anomaly.Features;

namespace Interop.Anomaly.Profiles;

/// <summary>The agent's other odd accesses to patients of the last hours and weeks, because an incident has more than one event.</summary>
internal sealed class OddAccessHistory
{
    private const float HoursHalfLifeMinutes = 120;
    private const float WeeksHalfLifeMinutes = 7 * ObservedAccess.MinutesPerDay;

    /// <summary>Patients with odd accesses, decayed over about two weeks.</summary>
    internal float Patients;

    /// <summary>The rarity of odd accesses, decayed over hours.</summary>
    internal float OfHours;

    /// <summary>The rarity of odd accesses, decayed over weeks.</summary>
    internal float OfWeeks;

    /// <summary>The minute of the last decay.</summary>
    internal uint Minute;

    public void CountPatient() => Patients++;

    public void Decay(float factor) => Patients *= factor;

    public void Write(in ObservedAccess observed, FeatureRow row, RecentHour recent)
    {
        var unexplained = observed.IsUnexplained;
        row.SetFrom(AccessFeature.UnexplainedHistory, 2, unexplained ? observed.Oddness * Patients : 0, Patients, 0);
        row.SetFrom(AccessFeature.UnexplainedInHour, 2, unexplained ? recent.Unexplained(60) : 0);

        var passed = observed.Minute > Minute ? observed.Minute - Minute : 0;
        OfHours *= MathF.Pow(0.5f, passed / HoursHalfLifeMinutes);
        OfWeeks *= MathF.Pow(0.5f, passed / WeeksHalfLifeMinutes);
        Minute = Math.Max(observed.Minute, Minute);
        // An ordinary access (a phone call) stays ordinary, whatever the agent did before.
        if (!unexplained || observed.Population.MannerRarity < ObservedAccess.RatherOddFrom)
            return;
        row.SetFrom(AccessFeature.SuspicionInHours, 0.5f, observed.Oddness * OfHours);
        row.SetFrom(AccessFeature.SuspicionInWeeks, 1, observed.Oddness * OfWeeks);
        if (!observed.IsNewToday)
            return;
        // Only the rarity beyond the threshold of odd accesses counts.
        var surprise = MathF.Max(0, (float)observed.Population.MannerRarity - AccessPopulation.OddFrom);
        OfHours += surprise;
        OfWeeks += surprise;
    }
}

using Interop.Anomaly.Features;

namespace Interop.Anomaly.Profiles;

/// <summary>The hours of the week in which the agent works, and its last login.</summary>
internal sealed class HourHistory
{
    private const int HoursPerDay = 24;
    private const int DaysPerWeek = 7;
    private const int FirstDay = 3; // 1970-01-01 was a Thursday
    private const uint LongestSessionMinutes = 10 * 60;
    private const float SmallestShare = 1e-4f;

    internal readonly float[] Hours = new float[HoursPerDay * DaysPerWeek];
    internal float Total;
    internal uint LoginMinute;
    internal float LoginRarity;
    internal uint LoginAddress;

    public void Decay(float factor)
    {
        Total *= factor;
        for (var i = 0; i < Hours.Length; i++)
            Hours[i] *= factor;
    }

    /// <summary>Writes the features of the hour, then counts the hour.</summary>
    public void Write(in ObservedAccess observed, FeatureRow row)
    {
        var hour = (int)((observed.Minute / 60) + (FirstDay * HoursPerDay)) % Hours.Length;
        var surge = (float)observed.Population.Surge;
        var prior = (float)observed.Population.HourShare;
        var rarity = RarityOf(((Share(hour) * Total) + (prior * AccessProfile.FewEvents)) / (Total + AccessProfile.FewEvents));
        // Care explains another hour than the usual one, unless the whole role is never there.
        var weight = observed.IsExplained ? 0.3f + (0.7f * MathF.Min(1, RarityOf(prior) / 2)) : 1;
        row.SetFrom(AccessFeature.HourRarity, 1, weight * rarity / surge, rarity, 0);
        WriteLogin(observed, row, surge);
        Hours[hour]++;
        Total++;
    }

    /// <summary>A session that begins with an unusual login is unusual to its end.</summary>
    private void WriteLogin(in ObservedAccess observed, FeatureRow row, float surge)
    {
        var (kind, minute, address) = (observed.Event.Kind, observed.Minute, observed.Address);
        if (kind == AccessKind.Login && !observed.Event.Failed)
            (LoginMinute, LoginRarity, LoginAddress) = (minute, (float)observed.Population.LoginRarity, address);
        else if (minute - Math.Min(minute, LoginMinute) > LongestSessionMinutes)
            LoginRarity = 0;
        row.SetFrom(AccessFeature.UnusualLogin, 2, address == LoginAddress ? LoginRarity / surge : 0);
        if (kind == AccessKind.Logout)
            LoginRarity = 0;
    }

    /// <summary>The share of this hour: mostly of the hour of the day with its neighbours, partly of the hour of the week.</summary>
    private float Share(int hour)
    {
        var ofDay = 0f;
        for (var day = 0; day < DaysPerWeek; day++)
            ofDay += At(hour, day) + (0.5f * (At(hour + 1, day) + At(hour + HoursPerDay - 1, day)));
        return Total > 0 ? ((0.7f * ofDay / 2) + (0.3f * DaysPerWeek * Hours[hour])) / Total : 0;
    }

    private float At(int hour, int day) => Hours[(hour % HoursPerDay) + (HoursPerDay * day)];

    private static float RarityOf(float share) => MathF.Max(0, -MathF.Log10(MathF.Max(share * HoursPerDay, SmallestShare)));
}

using Interop.Anomaly.Features;

namespace Interop.Anomaly.Profiles;

/// <summary>Features of agent and patient: whether care connects them, and whether they are otherwise related.</summary>
internal static class PatientFeatures
{
    private const float WeightWhereCareExplains = 0.2f;

    /// <param name="observed">The access.</param>
    /// <param name="row">The features.</param>
    /// <param name="accesses">The agent's accesses so far, decayed.</param>
    public static void Write(in ObservedAccess observed, FeatureRow row, float accesses)
    {
        if (observed.Event.Patient is null)
            return;
        WriteCare(observed, row, accesses);
        // Family, colleagues and watched patients matter more where nothing explains the access.
        var weight = observed.IsExplained ? WeightWhereCareExplains : 1;
        var care = observed.Care;
        row.Set(AccessFeature.SameFamilyName, care.SameFamilyName ? weight : 0);
        row.Set(AccessFeature.SameAddress, care.SameAddress ? weight : 0);
        row.Set(AccessFeature.OwnRecord, care.OwnRecord ? weight : 0);
        row.Set(AccessFeature.Colleague, care.Colleague ? weight : 0);
        row.Set(AccessFeature.Watched, care.Watched ? weight : 0);
    }

    private static void WriteCare(in ObservedAccess observed, FeatureRow row, float accesses)
    {
        var population = observed.Population;
        var (known, unexplained) = (observed.Known, observed.IsUnexplained);
        var rarity = MathF.Log10((accesses + 10) / (known.Times + 1f));
        // A patient in the agent's care is new to it on every working day.
        // A system account that reads everything has no patients of its own.
        row.SetFrom(AccessFeature.PatientRarity, 1.5f, unexplained ? MathF.Min(rarity, 2) : 0, rarity, known.Times);
        // On-call staff at night has few links; a nurse by day has nearly always one.
        var surprise = unexplained ? -MathF.Log10((float)population.UnexplainedShare) : 0;
        // The norm selects the text: clinical data, or the colleagues' accesses.
        var byColleagues = observed.Care.Link == CareLink.Unknown ? 1 : 0;
        row.Set(AccessFeature.Unexplained, surprise, surprise, byColleagues);
        row.Set(AccessFeature.UnexplainedFirst, unexplained && known.Times == 0 ? surprise : 0, surprise, byColleagues);
        row.SetFrom(AccessFeature.UnusualPresence, 1.2f, (float)population.PresenceRarity);
        row.SetFrom(AccessFeature.UnusualManner, 1.2f, (float)population.MannerRarity);
        row.SetFrom(AccessFeature.PatientAttention, 3, observed.IsExplained ? 0 : (float)population.PatientAttention);
        row.SetFrom(AccessFeature.UnexplainedRepeat, 2, observed.IsOdd ? known.Times + 1 : 0);
    }
}

using Interop.Anomaly.Features;

namespace Interop.Anomaly.Profiles;

/// <summary>What the agent does: kinds of access, purposes of use, emergency accesses, and the size of its exports.</summary>
internal sealed class ActionHistory
{
    private const float Slow = 0.05f;
    private const float RareFrom = 2;
    private const float WeightWhereCareExplains = 0.3f;

    internal readonly float[] Kinds = new float[10];
    internal readonly DecayedCounts Purposes = new(8);
    internal RunningNorm Records = new(Slow);
    internal float BreakGlass;
    internal float BreakGlassRecent;

    public void Decay(float factor, float quickFactor)
    {
        for (var i = 0; i < Kinds.Length; i++)
            Kinds[i] *= factor;
        Purposes.Decay(factor);
        BreakGlass *= factor;
        BreakGlassRecent *= quickFactor;
    }

    public void Count(AccessKind kind) => Kinds[(int)kind]++;

    /// <summary>Writes the features, then counts purpose, emergency access and records.</summary>
    public void Write(in ObservedAccess observed, FeatureRow row, float accesses)
    {
        WriteKind(observed, row, accesses);
        if (observed.Event.Purpose is { } purpose && observed.Event.Patient is not null)
            WritePurpose(observed, row, StableHash.Of(purpose));
        if (observed.Event.BreakGlass)
            WriteBreakGlass(observed, row, accesses);
        if (observed.Event.Kind == AccessKind.Export)
            WriteRecords(observed, row);
    }

    private void WriteKind(in ObservedAccess observed, FeatureRow row, float accesses)
    {
        var kind = observed.Event.Kind;
        var ofRole = (float)observed.Population.ActionRarity;
        // Logins are rare among accesses and do not count; failed logins have their own features.
        var isAccess = kind is not (AccessKind.Login or AccessKind.FailedLogin or AccessKind.Logout);
        row.SetFrom(AccessFeature.ActionRarity, RareFrom, isAccess ? ofRole : 0);
        row.SetFrom(AccessFeature.ResourceRarity, RareFrom, isAccess ? (float)observed.Population.ResourceRarity : 0);
        var own =
            (Kinds[(int)kind] + (MathF.Pow(10, -ofRole) * AccessProfile.FewEvents) + 0.1f) / (accesses + AccessProfile.FewEvents + 0.1f);
        row.SetFrom(AccessFeature.OwnActionRarity, RareFrom, isAccess ? MathF.Max(0, -MathF.Log10(own)) : 0);
    }

    private void WritePurpose(in ObservedAccess observed, FeatureRow row, uint purpose)
    {
        var rarity =
            Purposes.Total < AccessProfile.FewEvents
                ? 0
                : MathF.Min(MathF.Log10((Purposes.Total + 1) / (Purposes[purpose] + 1)), (float)observed.Population.PurposeRarity);
        row.SetFrom(AccessFeature.UnusualPurpose, RareFrom, (observed.IsExplained ? WeightWhereCareExplains : 1) * rarity);
        Purposes.Add(purpose, observed.Day);
    }

    private void WriteBreakGlass(in ObservedAccess observed, FeatureRow row, float accesses)
    {
        var rarity = MathF.Log10((accesses + 10) / (BreakGlass + 1));
        var ofRole = (float)observed.Population.BreakGlassRarity;
        row.SetFrom(
            AccessFeature.BreakGlass,
            RareFrom,
            observed.IsUnexplained ? MathF.Min(rarity, ofRole) : WeightWhereCareExplains * rarity,
            rarity,
            0
        );
        row.SetFrom(AccessFeature.UnexplainedBreakGlass, RareFrom, ofRole);
        BreakGlass++;
        if (ofRole < AccessPopulation.OddFrom)
            return;
        BreakGlassRecent++;
        row.SetFrom(AccessFeature.BreakGlassHistory, RareFrom, BreakGlassRecent);
    }

    /// <summary>Beyond its own norm, and for many records in any case.</summary>
    private void WriteRecords(in ObservedAccess observed, FeatureRow row)
    {
        var records = observed.Event.Records;
        var (norm, spread) = ((float)observed.Population.RecordsNorm, (float)observed.Population.RecordsSpread);
        row.SetFrom(AccessFeature.Breadth, 1, Records.Excess(records, norm, spread, 3), MathF.Log10(1 + records), Records.Norm(norm, 3));
        Records.Add(records);
    }
}

using Interop.Anomaly.Models;

namespace Interop.Anomaly.Scoring;

/// <summary>
/// What one version scored: as the version whose scores count, or in shadow beside that version. An alert is an event of MEDIUM or HIGH
/// severity.
/// </summary>
/// <param name="Model">The version.</param>
/// <param name="Beside">The version whose scores count while this one is in shadow; empty: this one's scores count.</param>
/// <param name="Events">Scored events.</param>
/// <param name="Medium">MEDIUM alerts by this version.</param>
/// <param name="High">HIGH alerts by this version.</param>
/// <param name="BesideMedium">MEDIUM alerts by the version beside, of the same events.</param>
/// <param name="BesideHigh">HIGH alerts by the version beside.</param>
/// <param name="BothAlert">Events that are alerts by both.</param>
/// <param name="Bins">Events by their share, for <see cref="PopulationStability"/>.</param>
public sealed record ModelTally(
    string Model,
    string Beside,
    long Events,
    long Medium,
    long High,
    long BesideMedium,
    long BesideHigh,
    long BothAlert,
    long[] Bins
)
{
    /// <summary>The tallies of a batch: of the model whose scores count, and of the one in shadow.</summary>
    public static IReadOnlyList<ModelTally> Of(IReadOnlyList<(AccessVerdict? Promoted, AccessVerdict? Shadow)> verdicts)
    {
        var promoted = verdicts.Where(v => v.Promoted is not null).Select(v => v.Promoted!);
        var pairs = verdicts.Where(v => v is { Promoted: not null, Shadow: not null }).Select(v => (v.Promoted!, v.Shadow!));
        return
        [
            .. promoted
                .GroupBy(v => v.ModelVersion)
                .Select(group => OfVersion(group.Key, "", [.. group.Select(v => (v, (AccessVerdict?)null))])),
            .. pairs
                .GroupBy(pair => (pair.Item2.ModelVersion, Beside: pair.Item1.ModelVersion))
                .Select(group =>
                    OfVersion(group.Key.ModelVersion, group.Key.Beside, [.. group.Select(pair => (pair.Item2, (AccessVerdict?)pair.Item1))])
                ),
        ];
    }

    private static ModelTally OfVersion(string model, string beside, List<(AccessVerdict Own, AccessVerdict? Beside)> verdicts)
    {
        var bins = new long[PopulationStability.Bins];
        foreach (var (own, _) in verdicts)
            bins[PopulationStability.BinOf(own.Share)]++;
        return new ModelTally(
            model,
            beside,
            verdicts.Count,
            verdicts.Count(v => v.Own.Severity == AccessSeverity.Medium),
            verdicts.Count(v => v.Own.Severity == AccessSeverity.High),
            verdicts.Count(v => v.Beside?.Severity == AccessSeverity.Medium),
            verdicts.Count(v => v.Beside?.Severity == AccessSeverity.High),
            verdicts.Count(v => v is { Own.Severity: > AccessSeverity.Low, Beside.Severity: > AccessSeverity.Low }),
            bins
        );
    }
}

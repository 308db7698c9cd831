using Interop.Anomaly.Features;
using Interop.Anomaly.Models;
using Interop.Anomaly.Profiles;

namespace Interop.Anomaly.Scoring;

/// <summary>Scores accesses with one model, in batches. Any number of threads may use it at once.</summary>
public sealed class AccessScorer(AccessModel model)
{
    /// <summary>From this score on an alert is MEDIUM.</summary>
    public const double MediumFrom = 0.4;

    /// <summary>From this score on an alert is HIGH.</summary>
    public const double HighFrom = 0.7;

    private const int MostReasons = 4;
    private const float SmallestContribution = 0.3f;

    // Contributions grow with the square of the surprise: this is twice the surprise.
    private const float SpecificWeight = 4;

    public AccessModel Model => model;

    /// <summary>A verdict per access, in order.</summary>
    public AccessVerdict[] Score(IReadOnlyList<(AccessEvent Event, CareContext Care, AccessFeatures Features)> accesses)
    {
        var rows = new FeatureTable(FeatureCatalog.Columns, Math.Max(1, accesses.Count));
        foreach (var access in accesses)
            rows.Add(access.Features.Values);
        var scores = new float[accesses.Count];
        model.Model.Score(rows, scores);
        var verdicts = new AccessVerdict[accesses.Count];
        for (var i = 0; i < verdicts.Length; i++)
            verdicts[i] = Judge(accesses[i].Event, accesses[i].Care, accesses[i].Features, scores[i]);
        return verdicts;
    }

    private AccessVerdict Judge(AccessEvent e, CareContext care, AccessFeatures features, float raw)
    {
        var share = model.Calibration.Share(raw);
        var score = ScoreCalibration.ToScore(share);
        var severity =
            score >= HighFrom ? AccessSeverity.High
            : score >= MediumFrom ? AccessSeverity.Medium
            : AccessSeverity.Low;
        var reasons = new List<AccessReason>();
        // Little is known of a new agent.
        if (features.AgentEvents < AccessProfile.FewEvents && severity == AccessSeverity.High)
            severity = AccessSeverity.Medium;
        var ruled = AccessRules.Apply(e, care, features, reasons);
        severity = ruled > severity ? ruled : severity;
        if (severity > AccessSeverity.Low)
            AddReasons(e, features, reasons);
        return new AccessVerdict(share, score, severity, [.. reasons], model.Version);
    }

    private void AddReasons(AccessEvent e, AccessFeatures features, List<AccessReason> reasons)
    {
        Span<float> contributions = stackalloc float[FeatureCatalog.Count];
        model.Model.Explain(features.Values, contributions);
        var found = new List<(FeatureDefinition Definition, float Contribution)>();
        for (var i = 0; i < contributions.Length; i++)
        {
            var definition = FeatureCatalog.All[i];
            // A feature with the value 0 is not a reason, whatever it contributes.
            if (contributions[i] >= SmallestContribution && features[definition.Feature] > 0)
                found.Add((definition, contributions[i]));
        }

        foreach (
            var (definition, contribution) in found
                .OrderByDescending(f => f.Definition.IsSpecific ? SpecificWeight * f.Contribution : f.Contribution)
                .Take(MostReasons)
        )
        {
            reasons.Add(
                new AccessReason(
                    definition.ClassFor(e.Kind),
                    definition.Words(features.Plain(definition.Feature), features.Norm(definition.Feature)),
                    FeatureCatalog.Name(definition.Feature),
                    contribution
                )
            );
        }
    }
}

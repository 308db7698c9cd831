using System.Collections.Immutable;
using Interop.Anomaly.Features;

namespace Interop.Anomaly.Scoring;

/// <summary>How urgent an alert is: LOW below a score of 0.4, MEDIUM below 0.7, else HIGH; a rule raises it, a new agent caps it.</summary>
public enum AccessSeverity
{
    Low,
    Medium,
    High,
}

/// <summary>Why an access is unusual.</summary>
/// <param name="Class">The class that it points to.</param>
/// <param name="Text">In words.</param>
/// <param name="Feature">The feature, or the rule's name.</param>
/// <param name="Contribution">How much it adds to the model's score; of a rule: 0.</param>
public sealed record AccessReason(ReasonClass Class, string Text, string Feature, double Contribution);

/// <summary>The result of the model and the rules for one access.</summary>
/// <param name="Share">The share of the training events at least as anomalous.</param>
/// <param name="Score">From 0 to 1.</param>
/// <param name="Severity">With rules and cap.</param>
/// <param name="Reasons">The strongest first; none for LOW without a rule.</param>
/// <param name="ModelVersion">The model.</param>
public sealed record AccessVerdict(
    double Share,
    double Score,
    AccessSeverity Severity,
    ImmutableArray<AccessReason> Reasons,
    string ModelVersion
)
{
    /// <summary>The class of the strongest reason.</summary>
    public ReasonClass PredictedClass => Reasons.IsEmpty ? ReasonClass.Normal : Reasons[0].Class;

    /// <summary>The score distributed over the classes; the rest is the share of normal.</summary>
    public ImmutableDictionary<ReasonClass, double> ClassShares()
    {
        var total = Reasons.Sum(Weight);
        var shares = Enum.GetValues<ReasonClass>().ToDictionary(c => c, _ => 0.0);
        shares[ReasonClass.Normal] = total > 0 ? 1 - Score : 1;
        foreach (var reason in Reasons)
            shares[reason.Class] += total > 0 ? Score * Weight(reason) / total : 0;
        return shares.ToImmutableDictionary();

        static double Weight(AccessReason reason) => Math.Max(reason.Contribution, 1);
    }
}

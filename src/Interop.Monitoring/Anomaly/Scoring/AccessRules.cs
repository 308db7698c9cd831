using Interop.Anomaly.Features;

namespace Interop.Anomaly.Scoring;

/// <summary>Rules for certain cases: they raise the severity and are named among the reasons. They do not change the score.</summary>
internal static class AccessRules
{
    private const int FailuresBeforeSuccess = 5;

    public static AccessSeverity Apply(AccessEvent e, CareContext care, AccessFeatures features, List<AccessReason> reasons)
    {
        var severity = AccessSeverity.Low;
        var failures = features[AccessFeature.SuccessAfterFailures];
        if (e.Kind == AccessKind.Login && failures >= FailuresBeforeSuccess)
        {
            severity = AccessSeverity.High;
            Name(ReasonClass.CredentialMisuse, "rule:success_after_failures", $"rule: {failures:0} failed logins, then a successful one");
        }

        if (care.DisabledAccount && !e.Failed)
        {
            severity = AccessSeverity.High;
            Name(ReasonClass.CredentialMisuse, "rule:disabled_account", "rule: the account's practitioner is not active");
        }

        if (care is { Watched: true, Link: CareLink.Unexplained })
        {
            severity = severity == AccessSeverity.High ? severity : AccessSeverity.Medium;
            Name(
                ReasonClass.Snooping,
                "rule:watched_patient",
                "rule: the patient is on the watchlist, and no encounter, appointment or care team connects them"
            );
        }

        return severity;

        void Name(ReasonClass reasonClass, string rule, string text) => reasons.Add(new AccessReason(reasonClass, text, rule, 0));
    }
}

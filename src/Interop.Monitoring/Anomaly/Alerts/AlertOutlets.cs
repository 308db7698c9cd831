using Interop.Anomaly.Scoring;

namespace Interop.Anomaly.Alerts;

/// <summary>Gives the alerts of committed batches to the log file and the webhook. It never waits for them.</summary>
public sealed class AlertOutlets(AlertLog file, AlertWebhook webhook)
{
    /// <summary>Takes the alerts of a committed batch.</summary>
    public void Publish(IReadOnlyList<ScoredAccess> scored)
    {
        foreach (var access in scored)
        {
            if (access is not { IsSuppressed: false, Verdict.Severity: > AccessSeverity.Low })
                continue;
            file.Publish(access);
            if (access.Verdict.Severity == AccessSeverity.High)
                webhook.Publish(access);
        }
    }
}

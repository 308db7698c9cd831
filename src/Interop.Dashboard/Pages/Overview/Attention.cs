using System.Collections.Immutable;
using Interop.Dashboard.Components;
using Interop.Ingestion;

namespace Interop.Dashboard.Pages.Overview;

/// <summary>Something that needs a person's attention.</summary>
/// <param name="Href">The page that shows more and allows to act.</param>
internal sealed record Attention(Tone Tone, string Title, string Text, string Href)
{
    private static readonly TimeSpan MaxLag = TimeSpan.FromMinutes(15);

    /// <summary>The points of the overview that need attention, the most urgent first.</summary>
    public static ImmutableArray<Attention> Of(OverviewData data)
    {
        var found = ImmutableArray.CreateBuilder<Attention>();
        foreach (var silo in data.Silos.Where(s => !s.IsActive && s.Status != "Dead"))
            found.Add(new(Tone.Danger, $"Silo {silo.Name} is {silo.Status.ToLowerInvariant()}", silo.Address, "/cluster"));
        if (data.Alerts.Of("HIGH") is { Open: > 0 } high)
            found.Add(
                new(Tone.Danger, $"{Count(high.Open, "alert")} of severity HIGH", "Open, from the last 24 hours", "/alerts?severity=HIGH")
            );
        foreach (var run in LatestOfEach(data.Ingestion).Where(r => r.Status == RunStatus.Failed))
            found.Add(
                new(
                    Tone.Danger,
                    $"The last run of {run.ResourceType} failed",
                    $"Run {run.RunId}, source {run.Source}",
                    $"/runs/{run.RunId}"
                )
            );
        foreach (var poller in data.Pollers.Where(p => p.Enabled && p.Failures > 0))
            found.Add(
                new(
                    Tone.Warning,
                    $"Polling of {poller.Source} fails",
                    poller.LastError ?? Count(poller.Failures, "failed poll"),
                    "/cluster"
                )
            );
        foreach (var poller in data.Pollers.Where(p => p.Enabled && p.Failures == 0 && p.Lag > MaxLag + p.Interval))
            found.Add(
                new(
                    Tone.Warning,
                    $"Polling of {poller.Source} is behind",
                    $"{Numbers.Duration(poller.Lag!.Value)} behind the server",
                    "/cluster"
                )
            );
        foreach (var (stage, count) in data.Ingestion.OpenDeadLetters.Where(s => s.Value > 0))
            found.Add(
                new(
                    Tone.Warning,
                    $"{Count(count, "open dead letter")} in stage {stage}",
                    StageText(stage),
                    $"/runs{Newest(data.Ingestion)}"
                )
            );
        return found.ToImmutable();
    }

    private static string StageText(string stage) =>
        stage switch
        {
            DeadLetterStage.Validate => "No valid FHIR R4: see the issues, correct the source, then replay",
            DeadLetterStage.Transform => "A view could not make rows: correct the view, then replay",
            _ => "The patient is missing, or the database refused the row: replay when the cause is gone",
        };

    private static IEnumerable<RunListItem> LatestOfEach(IngestionActivity activity) =>
        activity.Latest.GroupBy(run => (run.Source, run.ResourceType)).Select(runs => runs.First());

    /// <summary>The newest run that left dead letters: its page lists them.</summary>
    private static string Newest(IngestionActivity activity) =>
        activity.Latest.FirstOrDefault(run => run.Progress?.Counters.DeadLetters > 0) is { } run ? $"/{run.RunId}" : "";

    private static string Count(long count, string noun) => count == 1 ? $"1 {noun}" : $"{Numbers.Text(count)} {noun}s";
}

using Interop.Dashboard.Components;
using Interop.Ingestion;

namespace Interop.Dashboard.Pages.Runs;

/// <summary>A step in the course of a run.</summary>
internal sealed record RunStep(Tone Tone, string Title, string Text, DateTimeOffset? At, string? Href = null)
{
    /// <summary>Start, attempts, end and replays, in the order of their instants.</summary>
    public static IEnumerable<RunStep> Of(RunDetail run, RunDetails details, RunHistory history)
    {
        yield return new(Tone.Info, "Started", details.Trigger is { } trigger ? $"by {trigger}" : $"source {run.Source}", run.StartedAt);
        foreach (var attempt in history.Attempts.Skip(1))
            yield return new(
                Tone.Warning,
                "Interrupted and resumed",
                $"attempt {attempt.Epoch}, by {attempt.Owner}, from the last committed page",
                attempt.ClaimedAt
            );
        if (history.Attempts.Length == 0 && details.Epoch > 1)
            yield return new(Tone.Warning, "Interrupted and resumed", $"{details.Epoch - 1} times", null);
        if (RunStatus.IsActive(run.Status))
            yield return new(Tone.Info, "Running", details.Owner is { } owner ? $"on {owner}" : "waits for a process", null);
        if (run.FinishedAt is { } finished)
            yield return new(
                ToneOf(run.Status),
                EndOf(run.Status),
                $"{Numbers.Text(run.Counters.Fetched)} resources, {Numbers.Text(run.Counters.DeadLetters)} dead letters",
                finished
            );
        foreach (var replay in history.Replays)
            yield return new(
                ToneOf(replay.Status),
                "Replayed",
                $"Run {replay.RunId}: {Numbers.Text(replay.Progress?.Counters.Upserted ?? 0)} of {Numbers.Text(replay.Progress?.Fetched ?? 0)} loaded",
                replay.StartedAt,
                $"/runs/{replay.RunId}"
            );
    }

    private static Tone ToneOf(string status) =>
        status switch
        {
            RunStatus.Success => Tone.Success,
            RunStatus.Failed => Tone.Danger,
            RunStatus.Cancelled => Tone.Neutral,
            _ => Tone.Info,
        };

    private static string EndOf(string status) =>
        status switch
        {
            RunStatus.Success => "Succeeded",
            RunStatus.Failed => "Failed",
            _ => "Cancelled",
        };
}

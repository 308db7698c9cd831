using Interop.Ingestion;
using Interop.Silo.Hosting;
using Spectre.Console;

namespace Interop.Silo.CommandLine;

/// <summary>Runs several types one after another, with a progress display and a summary table.</summary>
internal sealed class IngestionReport
{
    private readonly List<RunSummary> _summaries = [];

    /// <summary>Whether every run ended in SUCCESS.</summary>
    public bool AllWell => _summaries.All(s => s.Status == RunStatus.Success);

    public static async Task<IngestionReport> RunAsync(
        IGrainFactory grains,
        string source,
        IReadOnlyList<string> types,
        Func<string, RunRequest> request,
        CancellationToken cancellationToken
    )
    {
        var report = new IngestionReport();
        await AnsiConsole
            .Progress()
            .AutoClear(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new PercentageColumn(),
                new RateColumn()
            )
            .StartAsync(async display =>
            {
                foreach (var type in types)
                    report._summaries.Add(
                        await RunOneAsync(grains, source, type, request(type), display.AddTask(Name(type), maxValue: 1), cancellationToken)
                    );
            });
        report.Print();
        return report;
    }

    private static async Task<RunSummary> RunOneAsync(
        IGrainFactory grains,
        string source,
        string type,
        RunRequest request,
        ProgressTask bar,
        CancellationToken cancellationToken
    )
    {
        var started = await grains.Checkpoint(source, type).StartRun(request);
        switch (started.Outcome)
        {
            case StartOutcome.UnknownType:
                throw new ArgumentException($"R4 has no resource type '{type}'");
            case StartOutcome.UnknownSource:
                throw new ArgumentException($"no source '{source}' in the settings");
            case StartOutcome.OtherServer:
            case StartOutcome.AlreadyActive when started.Reason is not null:
                throw new ArgumentException(started.Reason);
        }

        // A run of this type may be under way from before a crash: then that one is followed to its end.
        string? waiting = null;
        await foreach (var progress in grains.Run(started.RunId).FollowToEndAsync(cancellationToken))
        {
            var seen = progress.Fetched + progress.Counters.Refetched;
            bar.MaxValue = Math.Max(progress.Total ?? seen, Math.Max(seen, 1));
            bar.Value = seen;
            bar.State.Update<double>(RateColumn.Key, _ => progress.ResourcesPerSecond);
            if (progress.Waiting is not null && progress.Waiting != waiting)
                AnsiConsole.MarkupLineInterpolated($"[yellow]{type} waits:[/] {Terminal.Printable(progress.Waiting)}");
            waiting = progress.Waiting;
        }

        bar.Value = bar.MaxValue;
        return (await grains.IngestionQueries().GetSummary(started.RunId))!;
    }

    private void Print()
    {
        var showsStatus = !AllWell;
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn(new TableColumn("resource").Padding(0, 0));
        // Two lines where one would not fit 80 columns.
        foreach (var column in new[] { "fetched", "stored", "unchanged", "dead\nletters", "seconds", "resources\n/s" })
            table.AddColumn(new TableColumn(column).RightAligned().NoWrap().Padding(0, 0));
        if (showsStatus)
            table.AddColumn(new TableColumn("status").NoWrap().Padding(0, 0));
        foreach (var summary in _summaries)
            AddRow(Name(summary.Resource), summary.Counters, summary.DurationSeconds, Status(summary.Status));
        var total = _summaries.Aggregate(
            RunCounters.Zero,
            (sum, s) =>
                sum with
                {
                    Fetched = sum.Fetched + s.Counters.Fetched,
                    DeadLetters = sum.DeadLetters + s.Counters.DeadLetters,
                    Upserted = sum.Upserted + s.Counters.Upserted,
                    Unchanged = sum.Unchanged + s.Counters.Unchanged,
                }
        );
        AddRow("[bold]total[/]", total, _summaries.Sum(s => s.DurationSeconds), "");
        table.Caption(
            total.Fetched == total.Upserted + total.Unchanged + total.DeadLetters
                ? "fetched = stored + unchanged + dead letters"
                : "patients fetched for other resources are stored, too, and a resource that came twice is counted once"
        );
        AnsiConsole.Write(table);
        foreach (var failed in _summaries.Where(s => s.Error is not null))
            AnsiConsole.MarkupLineInterpolated($"[red]{Name(failed.Resource)}[/] run {failed.RunId}: {Terminal.Printable(failed.Error!)}");

        void AddRow(string name, RunCounters counters, double seconds, string status) =>
            table.AddRow([
                name,
                N(counters.Fetched),
                N(counters.Upserted),
                N(counters.Unchanged),
                N(counters.DeadLetters),
                $"{seconds:0.0}",
                Rate(counters.Fetched, seconds),
                .. showsStatus ? [status] : Array.Empty<string>(),
            ]);
    }

    private static string Name(string type) => type == RunMode.EveryType ? "all types" : type;

    private static string N(long number) => number.ToString("N0");

    private static string Rate(long count, double seconds) => (count / Math.Max(seconds, 0.001)).ToString("N0");

    private static string Status(string status) => status == RunStatus.Success ? $"[green]{status}[/]" : $"[red]{status}[/]";

    /// <summary>The speed of the run.</summary>
    private sealed class RateColumn : ProgressColumn
    {
        public const string Key = "rate";

        public override Spectre.Console.Rendering.IRenderable Render(
            Spectre.Console.Rendering.RenderOptions options,
            ProgressTask task,
            TimeSpan deltaTime
        ) => new Text($"{task.Value, 9:N0} resources {task.State.Get<double>(Key), 9:N0}/s");
    }
}

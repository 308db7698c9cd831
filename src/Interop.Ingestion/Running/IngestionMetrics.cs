using System.Diagnostics.Metrics;
using Interop.Ingestion.Runs;

namespace Interop.Ingestion.Running;

/// <summary>The meters of ingestion. Tags are closed sets: the outcome, the resource type, the source of the settings.</summary>
internal static class IngestionMetrics
{
    public const string MeterName = "Interop.Ingestion";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Resources = Meter.CreateCounter<long>(
        "interop.ingestion.resources",
        "{resource}",
        "Resources settled, by outcome"
    );
    private static readonly Counter<long> Pages = Meter.CreateCounter<long>("interop.ingestion.pages", "{page}", "Pages committed");
    private static readonly Counter<long> Runs = Meter.CreateCounter<long>("interop.ingestion.runs", "{run}", "Runs ended, by status");
    private static readonly Histogram<double> RunDuration = Meter.CreateHistogram<double>(
        "interop.ingestion.run.duration",
        "s",
        "From the start of a run to its end"
    );

    public static void PagesLoaded(RunRecord before, RunRecord after)
    {
        Pages.Add(after.Pages - before.Pages, new("source", after.Source), new("resource_type", after.ResourceType));
        Add("upserted", after.Upserted - before.Upserted);
        Add("unchanged", after.Unchanged - before.Unchanged);
        Add("refetched", after.Refetched - before.Refetched);
        Add("invalid", after.Invalid - before.Invalid);
        Add("transform_error", after.TransformErrors - before.TransformErrors);
        Add("load_error", after.LoadErrors - before.LoadErrors);

        void Add(string outcome, long count)
        {
            if (count > 0)
                Resources.Add(count, new("outcome", outcome), new("source", after.Source), new("resource_type", after.ResourceType));
        }
    }

    public static void RunEnded(RunRecord run)
    {
        Runs.Add(1, new("status", run.Status), new("source", run.Source), new("resource_type", run.ResourceType));
        if (run.FinishedAt is { } finished)
            RunDuration.Record(
                Math.Max(0, (finished - run.StartedAt).TotalSeconds), // the clock may have been set back
                new KeyValuePair<string, object?>("resource_type", run.ResourceType)
            );
    }
}

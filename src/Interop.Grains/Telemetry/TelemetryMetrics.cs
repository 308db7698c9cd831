using System.Diagnostics.Metrics;

namespace Interop.Telemetry;

/// <summary>The meters of telemetry. Tags are closed sets.</summary>
internal static class TelemetryMetrics
{
    private static readonly Meter Meter = new("Interop.Telemetry");
    private static readonly Counter<long> Events = Meter.CreateCounter<long>("interop.telemetry.events", "{event}", "Events by what became of them");
    private static readonly Histogram<double> Commits =
        Meter.CreateHistogram<double>("interop.telemetry.commit.duration", "s", "From a batch's beginning until it is durable, by where");
    private static readonly Counter<long> Skipped =
        Meter.CreateCounter<long>("interop.telemetry.executions.skipped", "{event}", "Events that lack what a PD execution needs");
    private static long _spoolBytes;
    private static readonly ObservableGauge<long> SpoolBytes =
        Meter.CreateObservableGauge("interop.telemetry.spool.size", () => Volatile.Read(ref _spoolBytes), "By", "What waits in the spool");

    /// <param name="outcome">accepted, rejected, reused, not_kept.</param>
    public static void Count(string outcome, long events)
    {
        if (events > 0)
            Events.Add(events, new KeyValuePair<string, object?>("outcome", outcome));
    }

    /// <param name="where">database or spool.</param>
    public static void Committed(string where, TimeSpan duration) =>
        Commits.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("where", where));

    public static void ExecutionsSkipped(long events)
    {
        if (events > 0)
            Skipped.Add(events);
    }

    public static void SpoolHolds(long bytes) => Volatile.Write(ref _spoolBytes, bytes);
}

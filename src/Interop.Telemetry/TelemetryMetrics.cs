using System.Diagnostics.Metrics;

namespace Interop.Telemetry;

/// <summary>The metrics of telemetry. Each tag has a closed set of values.</summary>
internal static class TelemetryMetrics
{
    private static readonly Meter Meter = new("Interop.Telemetry");
    private static readonly Counter<long> Events = Meter.CreateCounter<long>("interop.telemetry.events", "{event}", "Events, by outcome");
    private static readonly Histogram<double> Commits = Meter.CreateHistogram<double>(
        "interop.telemetry.commit.duration",
        "s",
        "Time from the start of a batch until it is durable, by place"
    );
    private static readonly Counter<long> Skipped = Meter.CreateCounter<long>(
        "interop.telemetry.executions.skipped",
        "{event}",
        "Events that lack a value that a PD execution needs"
    );
    private static readonly Counter<long> Damaged = Meter.CreateCounter<long>(
        "interop.telemetry.spool.damaged",
        "By",
        "Bytes of the spool that could not be read"
    );
    private static long _spoolBytes;
    private static readonly ObservableGauge<long> SpoolBytes = Meter.CreateObservableGauge(
        "interop.telemetry.spool.size",
        () => Volatile.Read(ref _spoolBytes),
        "By",
        "Bytes in the spool"
    );

    /// <param name="outcome">accepted, rejected, reused, not_kept or reject_dropped.</param>
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

    public static void SpoolDamaged(long bytes) => Damaged.Add(bytes);

    public static void SpoolHolds(long bytes) => Volatile.Write(ref _spoolBytes, bytes);
}

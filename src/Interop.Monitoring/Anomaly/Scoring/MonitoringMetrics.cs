using System.Diagnostics.Metrics;

namespace Interop.Anomaly.Scoring;

/// <summary>The measurements of access monitoring.</summary>
public static class MonitoringMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Interop.Monitoring";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Events = Meter.CreateCounter<long>(
        "interop_audit_events",
        "{event}",
        "AuditEvents that were stored, by severity"
    );
    private static readonly Counter<long> Suppressed = Meter.CreateCounter<long>(
        "interop_alerts_suppressed",
        "{alert}",
        "Alerts that a suppression kept back"
    );
    private static readonly Histogram<double> Drift = Meter.CreateHistogram<double>(
        "interop_anomaly_drift",
        "1",
        "Population stability index of the scores"
    );

    public static void CountEvents(string severity, long count) =>
        Events.Add(count, new KeyValuePair<string, object?>("severity", severity));

    public static void CountSuppressed(long count) => Suppressed.Add(count);

    public static void RecordDrift(double index) => Drift.Record(index);
}

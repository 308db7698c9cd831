using Interop.Storage;

namespace Interop.Telemetry.Committing;

/// <summary>The tables that take telemetry in bulk.</summary>
internal static class EventTables
{
    /// <summary>In the order of <see cref="Events.EventField"/>.</summary>
    public static TableShape Events { get; } = new(
        "telemetry_events",
        [
            new("id", ColumnType.Integer),
            new("event_id", ColumnType.Text),
            new("event_type", ColumnType.Text),
            new("timestamp_utc", ColumnType.Timestamp),
            new("source_system", ColumnType.Text),
            new("source_channel_id", ColumnType.Text),
            new("source_environment", ColumnType.Text),
            new("organization", ColumnType.Text),
            new("qhin", ColumnType.Text),
            new("environment", ColumnType.Text),
            new("status", ColumnType.Text),
            new("duration_ms", ColumnType.Integer),
            new("result_count", ColumnType.Integer),
            new("correlation_id", ColumnType.Text),
            new("correlation_request_id", ColumnType.Text),
            new("correlation_message_id", ColumnType.Text),
            new("protocol_standard", ColumnType.Text),
            new("protocol_interaction_id", ColumnType.Text),
            new("raw_payload", ColumnType.Json),
            new("received_at", ColumnType.Timestamp),
        ],
        ["event_id"]);

    public static TableShape Executions { get; } = new(
        "pd_executions",
        [
            new("execution_id", ColumnType.Text),
            new("started_at", ColumnType.Timestamp),
            new("completed_at", ColumnType.Timestamp),
            new("duration_ms", ColumnType.Integer),
            new("status", ColumnType.Text),
            new("request_count", ColumnType.Integer),
            new("organization", ColumnType.Text),
            new("qhin", ColumnType.Text),
            new("telemetry_id", ColumnType.Integer),
        ],
        ["execution_id"]);
}

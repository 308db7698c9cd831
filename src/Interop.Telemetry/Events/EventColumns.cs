using System.Collections.Immutable;
using Interop.Storage;

namespace Interop.Telemetry.Events;

/// <summary>
/// The columns of <c>telemetry_events</c> in their order, and for each the members of the payload that fill it. This is the only
/// declaration: the parser, the writer and the table's shape are made from it.
/// </summary>
internal static class EventColumns
{
    private static readonly ImmutableArray<EventColumn>.Builder Declared = ImmutableArray.CreateBuilder<EventColumn>();

    public static EventColumn Id { get; } = Declare("id", ColumnType.Integer);

    public static EventColumn EventId { get; } = Declare("event_id", ColumnType.Text, "eventId");

    public static EventColumn EventType { get; } = Declare("event_type", ColumnType.Text, "eventType");

    public static EventColumn TimestampUtc { get; } = Declare("timestamp_utc", ColumnType.Timestamp, "timestampUtc", "timestamp");

    public static EventColumn SourceSystem { get; } = Declare("source_system", ColumnType.Text, "source", "source.system");

    public static EventColumn SourceChannelId { get; } = Declare("source_channel_id", ColumnType.Text, "source.channelId");

    public static EventColumn SourceEnvironment { get; } = Declare("source_environment", ColumnType.Text, "source.environment");

    public static EventColumn Organization { get; } = Declare("organization", ColumnType.Text, "organization");

    public static EventColumn Qhin { get; } = Declare("qhin", ColumnType.Text, "qhin");

    public static EventColumn Environment { get; } = Declare("environment", ColumnType.Text, "environment");

    public static EventColumn Status { get; } = Declare("status", ColumnType.Text, "status", "outcome.status");

    public static EventColumn DurationMs { get; } = Declare("duration_ms", ColumnType.Integer, "durationMs", "execution.durationMs");

    public static EventColumn ResultCount { get; } = Declare("result_count", ColumnType.Integer, "resultCount", "outcome.resultCount");

    public static EventColumn CorrelationId { get; } = Declare("correlation_id", ColumnType.Text, "correlationId");

    public static EventColumn CorrelationRequestId { get; } = Declare("correlation_request_id", ColumnType.Text, "correlation.requestId");

    public static EventColumn CorrelationMessageId { get; } = Declare("correlation_message_id", ColumnType.Text, "correlation.messageId");

    public static EventColumn ProtocolStandard { get; } = Declare("protocol_standard", ColumnType.Text, "protocol", "protocol.standard");

    public static EventColumn ProtocolInteractionId { get; } =
        Declare("protocol_interaction_id", ColumnType.Text, "interactionId", "protocol.interactionId");

    public static EventColumn RawPayload { get; } = Declare("raw_payload", ColumnType.Json);

    public static EventColumn ReceivedAt { get; } = Declare("received_at", ColumnType.Timestamp);

    /// <summary>All of them, in the table's order.</summary>
    public static ImmutableArray<EventColumn> All { get; } = Declared.ToImmutable();

    public static TableShape Table { get; } = new("telemetry_events", [.. All.Select(c => new Column(c.Name, c.Type))], [EventId.Name]);

    private static EventColumn Declare(string name, ColumnType type, params string[] members)
    {
        var column = new EventColumn(name, type, Declared.Count, [.. members]);
        Declared.Add(column);
        return column;
    }
}

/// <summary>One column of <c>telemetry_events</c>. Each exists once and is compared by reference.</summary>
internal sealed class EventColumn(string name, ColumnType type, int ordinal, ImmutableArray<string> members)
{
    public string Name { get; } = name;

    public ColumnType Type { get; } = type;

    /// <summary>Its position in the table, from 0.</summary>
    public int Ordinal { get; } = ordinal;

    /// <summary>The members of the payload that fill it, from the top, such as <c>outcome.status</c>.</summary>
    public ImmutableArray<string> Members { get; } = members;
}

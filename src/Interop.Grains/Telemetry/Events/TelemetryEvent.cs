using System.Runtime.CompilerServices;
using Interop.Storage;

namespace Interop.Telemetry.Events;

/// <summary>An accepted event: its payload, and its fields as slices of the payload where they stand there as they are.</summary>
internal sealed class TelemetryEvent
{
    private const int TextFields = (int)EventField.EventId;
    private Texts _texts;

    public ReadOnlyMemory<byte> Raw { get; set; }

    public required DateTimeOffset ReceivedAt { get; init; }

    public string EventId { get; set; } = "";

    public DateTimeOffset? Timestamp { get; set; }

    public long? DurationMs { get; set; }

    public long? ResultCount { get; set; }

    /// <summary>Empty: the payload does not say.</summary>
    public ReadOnlyMemory<byte> this[EventField field]
    {
        get => _texts[(int)field];
        set => _texts[(int)field] = value;
    }

    /// <summary>Adds its row.</summary>
    public void WriteTo(RowBatch rows, long id)
    {
        rows.BeginRow();
        rows.WriteInteger(id);
        rows.WriteText(EventId);
        for (var field = EventField.EventType; field < EventField.EventId; field++)
        {
            switch (field)
            {
                case EventField.Timestamp:
                    rows.WriteTimestamp(Timestamp ?? ReceivedAt);
                    break;
                case EventField.DurationMs:
                    WriteNumber(rows, DurationMs);
                    break;
                case EventField.ResultCount:
                    WriteNumber(rows, ResultCount);
                    break;
                default:
                    WriteText(rows, this[field].Span);
                    break;
            }
        }

        rows.WriteUtf8(Raw.Span);
        rows.WriteTimestamp(ReceivedAt);
    }

    private static void WriteNumber(RowBatch rows, long? number)
    {
        if (number is { } value)
            rows.WriteInteger(value);
        else
            rows.WriteNull();
    }

    private static void WriteText(RowBatch rows, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            rows.WriteNull();
        else
            rows.WriteUtf8(text);
    }

    [InlineArray(TextFields)]
    private struct Texts
    {
        private ReadOnlyMemory<byte> _first;
    }
}

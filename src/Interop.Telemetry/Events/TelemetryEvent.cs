using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Interop.Storage;

namespace Interop.Telemetry.Events;

/// <summary>An accepted event: its payload, and the values of its columns as slices of the payload where they need no unescaping.</summary>
internal sealed class TelemetryEvent
{
    private const int Columns = 20; // EventColumns.All.Length, held by a test
    private Values _values;

    internal static int ValuesSize => Unsafe.SizeOf<Values>();

    public ReadOnlyMemory<byte> Raw { get; set; }

    public required DateTimeOffset ReceivedAt { get; init; }

    public string EventId { get; set; } = "";

    /// <summary>The value as the payload has it, in UTF-8. Empty: the payload has none.</summary>
    public ReadOnlyMemory<byte> this[EventColumn column]
    {
        get => _values[column.Ordinal];
        set => _values[column.Ordinal] = value;
    }

    public DateTimeOffset? Timestamp => EventInstant.Parse(this[EventColumns.TimestampUtc].Span);

    public long? DurationMs => Number(this[EventColumns.DurationMs].Span);

    public long? ResultCount => Number(this[EventColumns.ResultCount].Span);

    /// <summary>Adds the event's row under this row id.</summary>
    public void WriteTo(RowBatch rows, long id)
    {
        rows.BeginRow();
        foreach (var column in EventColumns.All)
        {
            if (column == EventColumns.Id)
                rows.WriteInteger(id);
            else if (column == EventColumns.ReceivedAt)
                rows.WriteTimestamp(ReceivedAt);
            else if (column == EventColumns.TimestampUtc)
                rows.WriteTimestamp(Timestamp ?? ReceivedAt);
            else if (column == EventColumns.RawPayload)
                rows.WriteUtf8(Raw.Span);
            else if (this[column].IsEmpty)
                rows.WriteNull();
            else if (column.Type == ColumnType.Text)
                rows.WriteUtf8(this[column].Span);
            else if (Number(this[column].Span) is { } number)
                rows.WriteInteger(number);
            else
                rows.WriteNull();
        }
    }

    /// <summary>A JSON number, rounded; null: there is none, or it does not fit.</summary>
    private static long? Number(ReadOnlySpan<byte> text)
    {
        if (Utf8Parser.TryParse(text, out long whole, out var read) && read == text.Length)
            return whole;
        return Utf8Parser.TryParse(text, out double real, out read) && read == text.Length && Math.Abs(real) < long.MaxValue
            ? (long)Math.Round(real)
            : null;
    }

    [InlineArray(Columns)]
    private struct Values
    {
        private ReadOnlyMemory<byte> _first;
    }
}

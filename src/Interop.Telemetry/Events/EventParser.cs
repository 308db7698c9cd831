using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Interop.Storage;

namespace Interop.Telemetry.Events;

/// <summary>Reads a body in one pass: one event or an array of events, in either shape.</summary>
internal static class EventParser
{
    /// <summary>The largest number of elements that an array may have.</summary>
    public const int MaxElements = 10_000;

    private const int MaxDepth = 64;
    private const int MaxEventIdLength = 512; // the unique index has a limit for its keys
    private const string NotJson = "invalid JSON";

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth };

    /// <summary>The events of a body, and the reasons for the elements that are not accepted.</summary>
    public static ParsedBody Parse(ReadOnlyMemory<byte> body, DateTimeOffset receivedAt)
    {
        if (body.Span.StartsWith("\uFEFF"u8))
            body = body[3..];
        if (!Utf8.IsValid(body.Span))
            return ParsedBody.RefusedAsAWhole("not UTF-8", body);
        try
        {
            var parsed = new ParsedBody();
            var reader = new Utf8JsonReader(body.Span, Options);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
                ReadOne(ref reader, body, null, receivedAt, parsed);
            else if (!ReadAll(ref reader, body, receivedAt, parsed))
                return ParsedBody.RefusedAsAWhole($"more than {MaxElements} elements", body);
            reader.Read(); // throws if anything follows the value
            return parsed;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: text that cannot be unescaped
        {
            return ParsedBody.RefusedAsAWhole(NotJson, body);
        }
    }

    /// <returns>False if the array has too many elements.</returns>
    private static bool ReadAll(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, DateTimeOffset receivedAt, ParsedBody parsed)
    {
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            if (index == MaxElements)
                return false;
            ReadOne(ref reader, body, index, receivedAt, parsed);
        }

        return true;
    }

    private static void ReadOne(
        ref Utf8JsonReader reader,
        ReadOnlyMemory<byte> body,
        int? index,
        DateTimeOffset receivedAt,
        ParsedBody parsed
    )
    {
        var start = (int)reader.TokenStartIndex;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            parsed.Refuse(index, "not a JSON object", body[start..(int)reader.BytesConsumed]);
            return;
        }

        var found = new TelemetryEvent { ReceivedAt = receivedAt };
        ReadMembers(ref reader, body, EventMember.Top, found);
        found.Raw = body[start..(int)reader.BytesConsumed];
        found.EventId = Encoding.UTF8.GetString(found[EventColumns.EventId].Span);
        if (Problem(found) is { } reason)
            parsed.Refuse(index, reason, found.Raw, found.EventId);
        else
            parsed.Add(index, found);
    }

    private static void ReadMembers(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, EventMember[] members, TelemetryEvent found)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = EventMember.Find(ref reader, members);
            reader.Read();
            if (member is { Members.Length: > 0 } && reader.TokenType == JsonTokenType.StartObject)
                ReadMembers(ref reader, body, member.Members, found);
            else if (member?.Column is { } column)
                ReadValue(ref reader, body, column, found);
            reader.Skip(); // does nothing at the end of a value
        }
    }

    /// <summary>A value of another type than the column's stays in the payload only.</summary>
    private static void ReadValue(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, EventColumn column, TelemetryEvent found)
    {
        if (column.Type == ColumnType.Integer)
        {
            if (reader.TokenType == JsonTokenType.Number)
                found[column] = body.Slice((int)reader.TokenStartIndex, reader.ValueSpan.Length);
        }
        else if (reader.TokenType == JsonTokenType.String)
        {
            var text = Text(ref reader, body);
            if (column.Type != ColumnType.Timestamp || EventInstant.Parse(text.Span) is not null)
                found[column] = text;
        }
    }

    /// <summary>The string under the reader: a slice of the body, or a copy without escapes where it has some.</summary>
    private static ReadOnlyMemory<byte> Text(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
    {
        if (!reader.ValueIsEscaped)
            return body.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        try
        {
            // Neither database takes a NUL in a text.
            return Encoding.UTF8.GetBytes(reader.GetString()!.Replace('\0', '\uFFFD'));
        }
        catch (InvalidOperationException)
        {
            return default; // a lone surrogate: the value is no text
        }
    }

    private static string? Problem(TelemetryEvent found) =>
        found switch
        {
            { EventId.Length: 0 } => "eventId is not a non-empty string",
            { EventId.Length: > MaxEventIdLength } => $"eventId is longer than {MaxEventIdLength} characters",
            _ when found[EventColumns.EventType].IsEmpty => "eventType is not a non-empty string",
            _ => null,
        };
}

using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Interop.Telemetry.Events;

/// <summary>Reads bodies: one event or an array of them, in either shape, in one pass.</summary>
internal static class EventParser
{
    private const int MaxDepth = 64;
    private const int MaxEventIdLength = 512; // it is under a unique index
    private const string NotJson = "invalid JSON";

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth };

    /// <summary>The events of a body and what is wrong with the others, each with its place in the array (null: not an array).</summary>
    public static ParsedBody Parse(ReadOnlyMemory<byte> body, DateTimeOffset receivedAt)
    {
        var parsed = new ParsedBody();
        if (body.Span.StartsWith("\uFEFF"u8))
            body = body[3..];
        if (!Utf8.IsValid(body.Span))
        {
            parsed.Refuse(null, "not UTF-8", body);
            return parsed;
        }

        try
        {
            var reader = new Utf8JsonReader(body.Span, Options);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
                ReadOne(ref reader, body, null, receivedAt, parsed);
            else
                ReadAll(ref reader, body, receivedAt, parsed);
            reader.Read(); // anything after the value is an error
        }
        catch (JsonException)
        {
            parsed = new ParsedBody();
            parsed.Refuse(null, NotJson, body);
        }

        return parsed;
    }

    private static void ReadAll(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, DateTimeOffset receivedAt, ParsedBody parsed)
    {
        parsed.IsArray = true;
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
            ReadOne(ref reader, body, index, receivedAt, parsed);
    }

    private static void ReadOne(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, int? index, DateTimeOffset receivedAt, ParsedBody parsed)
    {
        var start = (int)reader.TokenStartIndex;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            parsed.Refuse(index, "not a JSON object", body[start..(int)reader.BytesConsumed]);
            return;
        }

        var found = new TelemetryEvent { ReceivedAt = receivedAt };
        ReadMembers(ref reader, body, null, found);
        found.Raw = body[start..(int)reader.BytesConsumed];
        if (Problem(found) is { } reason)
            parsed.Refuse(index, reason, found.Raw, found.EventId);
        else
            parsed.Add(index, found);
    }

    private static void ReadMembers(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, EventMembers.Member? parent, TelemetryEvent found)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = EventMembers.Find(ref reader, parent);
            reader.Read();
            if (member is not null && reader.TokenType == JsonTokenType.StartObject && member.Members.Length > 0)
                ReadMembers(ref reader, body, member, found);
            else if (member?.Field is { } field)
                ReadField(ref reader, body, field, found);
            reader.Skip(); // does nothing at the end of a value
        }
    }

    private static void ReadField(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, EventField field, TelemetryEvent found)
    {
        switch (field)
        {
            case EventField.DurationMs:
                found.DurationMs = Number(ref reader);
                break;
            case EventField.ResultCount:
                found.ResultCount = Number(ref reader);
                break;
            case var _ when reader.TokenType != JsonTokenType.String:
                break; // stays in the payload; it has no place in a column of text
            case EventField.EventId:
                found.EventId = Encoding.UTF8.GetString(Text(ref reader, body).Span);
                break;
            case EventField.Timestamp:
                found.Timestamp = EventInstant.Parse(Text(ref reader, body).Span) ?? found.Timestamp;
                break;
            default:
                found[field] = Text(ref reader, body);
                break;
        }
    }

    /// <summary>The string under the reader: a slice of the body, or, where it has escapes, a copy without them.</summary>
    private static ReadOnlyMemory<byte> Text(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
    {
        var start = (int)reader.TokenStartIndex + 1;
        var length = reader.ValueSpan.Length;
        if (!reader.ValueIsEscaped)
            return body.Slice(start, length);
        try
        {
            // Neither database takes a NUL in a text.
            return Encoding.UTF8.GetBytes(reader.GetString()!.Replace('\0', '\uFFFD'));
        }
        catch (InvalidOperationException)
        {
            return default; // half a surrogate pair: no text at all
        }
    }

    private static long? Number(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.Number)
            return null;
        if (reader.TryGetInt64(out var whole))
            return whole;
        return reader.TryGetDouble(out var real) && Math.Abs(real) < long.MaxValue ? (long)Math.Round(real) : null;
    }

    private static string? Problem(TelemetryEvent found) => found switch
    {
        { EventId.Length: 0 } => "eventId is not a non-empty string",
        { EventId.Length: > MaxEventIdLength } => $"eventId is longer than {MaxEventIdLength} characters",
        _ when found[EventField.EventType].IsEmpty => "eventType is not a non-empty string",
        _ => null,
    };
}

/// <summary>Instants as senders write them.</summary>
internal static class EventInstant
{
    /// <summary>An ISO-8601 instant (without an offset: UTC), or null.</summary>
    public static DateTimeOffset? Parse(ReadOnlySpan<byte> text)
    {
        if (ParseUsual(text) is { } usual)
            return usual;
        return text.Length is >= 10 and < 64
            && DateTimeOffset.TryParse(
                Encoding.UTF8.GetString(text), null, System.Globalization.DateTimeStyles.AssumeUniversal, out var instant)
            ? instant
            : null;
    }

    /// <summary>What nearly everybody writes, <c>2026-03-01T10:00:00Z</c> with up to seven fraction digits: a tenth of the time.</summary>
    private static DateTimeOffset? ParseUsual(ReadOnlySpan<byte> text)
    {
        if (text.Length is < 20 or > 28 || text[^1] != 'Z' || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':')
            return null;
        var (date, time) = ((Year: Digits(text[..4]), Month: Digits(text[5..7]), Day: Digits(text[8..10])), (Hour: Digits(text[11..13]), Minute: Digits(text[14..16]), Second: Digits(text[17..19])));
        var fraction = text[19..^1];
        if (date.Year < 1 || date.Month is < 1 or > 12 || date.Day < 1 || date.Day > DateTime.DaysInMonth(date.Year, date.Month)
            || time.Hour is < 0 or > 23 || time.Minute is < 0 or > 59 || time.Second is < 0 or > 59
            || (fraction.Length > 0 && (fraction[0] != '.' || fraction.Length == 1 || Digits(fraction[1..]) < 0)))
        {
            return null;
        }

        var ticks = fraction.Length > 0 ? Digits(fraction[1..]) * PowersOfTen[8 - fraction.Length] : 0;
        return new DateTimeOffset(date.Year, date.Month, date.Day, time.Hour, time.Minute, time.Second, TimeSpan.Zero).AddTicks(ticks);
    }

    private static ReadOnlySpan<int> PowersOfTen => [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];

    /// <summary>-1: there is something else among them.</summary>
    private static int Digits(ReadOnlySpan<byte> text)
    {
        var number = 0;
        foreach (var c in text)
        {
            if (c is < (byte)'0' or > (byte)'9')
                return -1;
            number = number * 10 + (c - '0');
        }

        return number;
    }
}

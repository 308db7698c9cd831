using System.Text;
using Interop.Telemetry.Events;

namespace Interop.Telemetry.Tests;

public sealed class EventParserTests
{
    private const string Nested =
        """{"eventId":"e","eventType":"t","timestamp":"2026-03-01T11:00:00+01:00","source":{"system":"mirth","channelId":"ch","environment":"test","x":{"status":"no"}},"correlation":{"requestId":"r","messageId":"m"},"execution":{"durationMs":500.4},"outcome":{"status":"failed","resultCount":3},"protocol":{"standard":"IHE","interactionId":"ITI-55"},"organization":"a\u0000\u00e9"}""";

    [Fact]
    public void The_nested_shape_fills_the_same_columns()
    {
        var one = Parse(Nested).Events.Single().Event;
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 10, 0, 0, TimeSpan.Zero), one.Timestamp);
        Assert.Equal((500L, 3L), (one.DurationMs, one.ResultCount));
        string[] expected = ["t", "mirth", "ch", "test", "a\uFFFDé", "failed", "r", "m", "IHE", "ITI-55"];
        EventField[] fields =
        [
            EventField.EventType, EventField.SourceSystem, EventField.SourceChannelId, EventField.SourceEnvironment, EventField.Organization, EventField.Status,
            EventField.CorrelationRequestId, EventField.CorrelationMessageId, EventField.ProtocolStandard, EventField.ProtocolInteractionId,
        ];
        Assert.Equal(expected, fields.Select(f => Encoding.UTF8.GetString(one[f].Span)));
        Assert.Equal(Nested, Encoding.UTF8.GetString(one.Raw.Span));
    }

    [Fact]
    public void In_an_array_each_event_stands_for_itself()
    {
        var parsed = Parse("""[ {"eventId":"a","eventType":"t"} , 7, {"eventType":"t"}, [{"eventId":"b"}], {"eventId":"c","eventType":"t"} ]""");
        Assert.Equal([0, 4], parsed.Events.Select(e => e.Index!.Value));
        Assert.Equal([1, 2, 3], parsed.Refused!.Select(r => r.Index!.Value));
        Assert.Equal("""{"eventId":"c","eventType":"t"}""", Encoding.UTF8.GetString(parsed.Events[1].Event.Raw.Span));
    }

    [Fact]
    public void No_bytes_whatever_bring_it_down()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(Nested);
            for (var changes = random.Next(1, 6); changes > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var parsed = EventParser.Parse(bytes.AsMemory(0, random.Next(bytes.Length + 1)), default);
            Assert.Equal(1, parsed.Events.Count + (parsed.Refused?.Count ?? 0));
        }
    }

    [Theory]
    [InlineData("2026-03-01T10:00:00Z", "2026-03-01T10:00:00.0000000Z")]
    [InlineData("2026-03-01T10:00:00.5Z", "2026-03-01T10:00:00.5000000Z")]
    [InlineData("2024-02-29T23:59:59.1234567Z", "2024-02-29T23:59:59.1234567Z")]
    [InlineData("2026-03-01T10:00:00.12345678Z", "2026-03-01T10:00:00.1234568Z")]
    [InlineData("2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00.0000000Z")]
    [InlineData("2026-03-01T10:00:00", "2026-03-01T10:00:00.0000000Z")]
    [InlineData("2026-03-01", "2026-03-01T00:00:00.0000000Z")]
    [InlineData("2026-02-29T10:00:00Z", null)]
    [InlineData("2026-13-01T10:00:00Z", null)]
    [InlineData("2026-03-01T10:00:60Z", null)]
    [InlineData("2026-03-01T10:00:00.Z", null)]
    [InlineData("0000-03-01T10:00:00Z", null)]
    [InlineData("yesterday, at noon, Z", null)]
    public void Instants_are_read_in_the_forms_of_ISO_8601(string text, string? utc) =>
        Assert.Equal(utc, EventInstant.Parse(Encoding.UTF8.GetBytes(text))?.UtcDateTime.ToString("O", System.Globalization.CultureInfo.InvariantCulture));

    private static ParsedBody Parse(string text) => EventParser.Parse(Encoding.UTF8.GetBytes(text), default);
}

using System.Text;
using Interop.Telemetry.Events;

namespace Interop.Telemetry.Tests.Events;

public sealed class EventParserTests
{
    private const string Nested =
        """{"eventId":"e","eventType":"t","timestamp":"2026-03-01T11:00:00+01:00","source":{"system":"mirth","channelId":"ch","environment":"test","x":{"status":"no"}},"correlation":{"requestId":"r","messageId":"m"},"execution":{"durationMs":500.4},"outcome":{"status":"failed","resultCount":3},"protocol":{"standard":"IHE","interactionId":"ITI-55"},"organization":"a\u0000\u00e9"}""";

    private const string Escaped =
        """{"event\u0049d":"\ud83d\ude00","\u0065ventType":"\ud800\udc00","\ud800\udc00":{"\udc00":"\ud800"},"source":{"\u0073ystem":"\u0000"}}""";

    [Fact]
    public void The_nested_shape_fills_the_same_columns()
    {
        var one = Parse(Nested).Events.Single().Event;
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 10, 0, 0, TimeSpan.Zero), one.Timestamp);
        Assert.Equal((500L, 3L), (one.DurationMs, one.ResultCount));
        string[] expected = ["t", "mirth", "ch", "test", "a\uFFFDé", "failed", "r", "m", "IHE", "ITI-55"];
        EventColumn[] columns =
        [
            EventColumns.EventType,
            EventColumns.SourceSystem,
            EventColumns.SourceChannelId,
            EventColumns.SourceEnvironment,
            EventColumns.Organization,
            EventColumns.Status,
            EventColumns.CorrelationRequestId,
            EventColumns.CorrelationMessageId,
            EventColumns.ProtocolStandard,
            EventColumns.ProtocolInteractionId,
        ];
        Assert.Equal(expected, columns.Select(c => Encoding.UTF8.GetString(one[c].Span)));
        Assert.Equal(Nested, Encoding.UTF8.GetString(one.Raw.Span));
    }

    [Fact]
    public void Each_element_of_an_array_is_judged_alone()
    {
        var parsed = Parse(
            """[ {"eventId":"a","eventType":"t"} , 7, {"eventType":"t"}, [{"eventId":"b"}], {"eventId":"c","eventType":"t"} ]"""
        );
        Assert.Equal([0, 4], parsed.Events.Select(e => e.Index!.Value));
        Assert.Equal([1, 2, 3], parsed.Refused!.Select(r => r.Index!.Value));
        Assert.Equal("""{"eventId":"c","eventType":"t"}""", Encoding.UTF8.GetString(parsed.Events[1].Event.Raw.Span));
    }

    [Fact]
    public void Random_bytes_are_an_event_or_a_reject()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(i % 2 == 0 ? Nested : Escaped);
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
        Assert.Equal(
            utc,
            EventInstant.Parse(Encoding.UTF8.GetBytes(text))?.UtcDateTime.ToString("O", System.Globalization.CultureInfo.InvariantCulture)
        );

    [Theory]
    [InlineData("0", EventParser.MaxElements, EventParser.MaxElements)]
    [InlineData("0", EventParser.MaxElements + 1, 1)]
    [InlineData("[]", 500_000, 1)]
    public void An_array_with_too_many_elements_is_refused_as_a_whole(string element, int count, int rejects)
    {
        var parsed = Parse("[" + string.Join(',', Enumerable.Repeat(element, count)) + "]");
        Assert.Empty(parsed.Events);
        Assert.Equal(rejects, parsed.Refused!.Count);
        if (rejects == 1)
            Assert.Equal((null, "more than 10000 elements"), (parsed.Refused[0].Index, parsed.Refused[0].Reject.Reason));
    }

    [Fact]
    public void An_answer_lists_the_first_thousand_rejected_elements_and_counts_all()
    {
        var outcome = Parse("[" + string.Join(',', Enumerable.Repeat("0", 5_000)) + "]").Outcome([]);
        Assert.Equal((SubmissionStatus.Rejected, 1_000, 5_000), (outcome.Status, outcome.Rejected.Length, outcome.RejectedCount));
        Assert.Equal(Enumerable.Range(0, 1_000), outcome.Rejected.Select(r => r.Index!.Value));
    }

    [Fact]
    public void Escaped_names_are_recognised_and_lone_surrogates_are_left_out()
    {
        var one = Parse(Escaped).Events.Single().Event;
        Assert.Equal(("😀", "𐀀", "\uFFFD"), (one.EventId, Text(EventColumns.EventType), Text(EventColumns.SourceSystem)));

        string Text(EventColumn column) => Encoding.UTF8.GetString(one[column].Span);
    }

    [Fact]
    public void Numbers_are_rounded_and_those_that_do_not_fit_are_left_out()
    {
        var events = Parse(
            """
            [{"eventId":"a","eventType":"t","durationMs":1.5e3,"resultCount":2.6},{"eventId":"b","eventType":"t","durationMs":1e300,"resultCount":"7"},
             {"eventId":"c","eventType":"t","durationMs":9223372036854775807,"resultCount":-1}]
            """
        )
            .Events.Select(e => (e.Event.DurationMs, e.Event.ResultCount));
        Assert.Equal([(1_500L, 3L), (null, null), (long.MaxValue, -1L)], events);
    }

    private static ParsedBody Parse(string text) => EventParser.Parse(Encoding.UTF8.GetBytes(text), default);
}

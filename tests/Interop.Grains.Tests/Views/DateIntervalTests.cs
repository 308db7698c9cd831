using System.Globalization;
using System.Text;
using Interop.Ingestion.Views;

namespace Interop.Grains.Tests.Views;

/// <summary>The instants that a FHIR date stands for.</summary>
public sealed class DateIntervalTests
{
    [Theory]
    [InlineData("1987", "1987-01-01T00:00:00Z", "1988-01-01T00:00:00Z")]
    [InlineData("2014-02", "2014-02-01T00:00:00Z", "2014-03-01T00:00:00Z")]
    [InlineData("2016-02-29", "2016-02-29T00:00:00Z", "2016-03-01T00:00:00Z")]
    [InlineData("2024-01-02T03:04Z", "2024-01-02T03:04:00Z", "2024-01-02T03:05:00Z")]
    [InlineData("2024-01-02T03:04:05+01:00", "2024-01-02T02:04:05Z", "2024-01-02T02:04:06Z")]
    [InlineData("2024-01-02T03:04:05.678-05:30", "2024-01-02T08:34:05.678Z", "2024-01-02T08:34:05.679Z")]
    [InlineData("2024-01-02T03:04:05.123456789Z", "2024-01-02T03:04:05.1234567Z", "2024-01-02T03:04:05.1234568Z")]
    [InlineData("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", "2017-01-01T00:00:01Z")]
    [InlineData("9999", "9999-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z")]
    [InlineData("9999-12-31", "9999-12-31T00:00:00Z", "9999-12-31T23:59:59.9999999Z")]
    public void The_interval_of_a_date_has_every_instant_that_it_may_stand_for(string date, string start, string end)
    {
        Assert.True(DateInterval.TryParse(Encoding.UTF8.GetBytes(date), out var interval));
        Assert.Equal((Instant(start), Instant(end)), (interval.Start, interval.End));
    }

    [Theory]
    [InlineData("")]
    [InlineData("87")]
    [InlineData("0000")]
    [InlineData("1987-13")]
    [InlineData("2015-02-29")]
    [InlineData("2024-01-02T")]
    [InlineData("2024-01-02T24:00:00Z")]
    [InlineData("2024-01-02T03:04:05.Z")]
    [InlineData("2024-01-02T03:04:05+1:00")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    [InlineData("9999-12-31T23:59:59-14:00")]
    [InlineData("yesterday")]
    public void A_text_that_is_not_a_date_has_no_interval(string text) =>
        Assert.False(DateInterval.TryParse(Encoding.UTF8.GetBytes(text), out _));

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}

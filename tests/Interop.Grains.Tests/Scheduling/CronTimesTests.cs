using Interop.Scheduling;

namespace Interop.Grains.Tests.Scheduling;

public sealed class CronTimesTests
{
    [Theory]
    [InlineData("0 0 * * * ?", "UTC", "2026-02-16T11:00:00Z", "2026-02-16T12:00:00Z")]
    [InlineData("0 10 * * * ?", "UTC", "2026-02-16T11:00:00Z", "2026-02-16T11:10:00Z")]
    [InlineData("0 30 2 * * ?", "UTC", "2026-02-16T02:30:00Z", "2026-02-17T02:30:00Z")]
    [InlineData("0 30 2 * * ?", "Europe/Berlin", "2026-02-16T11:00:00Z", "2026-02-17T01:30:00Z")]
    [InlineData("0 30 2 * * ?", "Europe/Berlin", "2026-07-16T11:00:00Z", "2026-07-17T00:30:00Z")]
    [InlineData("0 0 9 ? * MON-FRI", "America/New_York", "2026-02-20T18:00:00Z", "2026-02-23T14:00:00Z")]
    public void The_next_instant_is_that_of_the_expression_in_its_time_zone(string cron, string zone, string after, string next) =>
        Assert.Equal(DateTimeOffset.Parse(next, null), new CronTimes(cron, zone).NextAfter(DateTimeOffset.Parse(after, null)));

    [Fact]
    public void A_day_with_a_change_of_the_clocks_has_one_firing()
    {
        var times = new CronTimes("0 30 2 * * ?", "Europe/Berlin");

        // 2026-03-29: 02:00 becomes 03:00, so 02:30 does not exist. 2026-10-25: 03:00 becomes 02:00, so 02:30 comes twice.
        foreach (var day in new[] { new DateTimeOffset(2026, 3, 29, 0, 0, 0, TimeSpan.Zero), new(2026, 10, 25, 0, 0, 0, TimeSpan.Zero) })
        {
            var firings = new List<DateTimeOffset>();
            for (var next = times.NextAfter(day.AddHours(-12)); next < day.AddHours(36); next = times.NextAfter(next.Value))
                firings.Add(next.Value);
            Assert.Equal([.. firings.DistinctBy(f => f.UtcDateTime.Date)], firings);
        }
    }

    [Fact]
    public void An_expression_whose_years_are_over_has_no_next_instant() =>
        Assert.Null(new CronTimes("0 0 0 1 1 ? 2020", "UTC").NextAfter(DateTimeOffset.UnixEpoch.AddYears(60)));

    [Theory]
    [InlineData("every hour")]
    [InlineData("0 0 25 * * ?")]
    [InlineData("0 0 * * *")]
    public void A_bad_expression_is_refused_with_a_reason(string cron) => Assert.NotEmpty(CronTimes.Problem(cron)!);
}

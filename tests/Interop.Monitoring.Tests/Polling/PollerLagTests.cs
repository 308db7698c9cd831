using Interop.Polling;

namespace Interop.Monitoring.Tests.Polling;

public sealed class PollerLagTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    private static readonly PollerSettings Settings = new(new Dictionary<string, PollerOptions>());

    [Fact]
    public void A_server_without_new_events_is_not_behind()
    {
        var row = Row(watermark: Now.AddHours(-13), lastPoll: Now.AddSeconds(-4), failures: 0);
        Assert.Equal(TimeSpan.FromSeconds(4), Settings.StatusOf("ward", row, Now).Lag);
    }

    [Fact]
    public void While_polls_fail_the_lag_counts_from_the_watermark()
    {
        var row = Row(watermark: Now.AddHours(-13), lastPoll: Now.AddSeconds(-4), failures: 1);
        Assert.Equal(TimeSpan.FromHours(13), Settings.StatusOf("ward", row, Now).Lag);
    }

    [Fact]
    public void A_long_first_poll_is_as_far_behind_as_its_watermark()
    {
        var row = Row(watermark: Now.AddHours(-13), lastPoll: null, failures: 0);
        Assert.Equal(TimeSpan.FromHours(13), Settings.StatusOf("ward", row, Now).Lag);
    }

    [Fact]
    public void Nothing_polled_has_no_lag() => Assert.Null(Settings.StatusOf("ward", Row(null, null, 0), Now).Lag);

    private static PollerRow Row(DateTimeOffset? watermark, DateTimeOffset? lastPoll, long failures) =>
        new("ward", true, 30, 20, "AuditEvent", null, watermark, 1, 1, 0, failures, lastPoll, null);
}

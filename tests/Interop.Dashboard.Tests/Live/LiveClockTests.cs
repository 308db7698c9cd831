using Interop.Dashboard.Live;

namespace Interop.Dashboard.Tests.Live;

/// <summary>The one timer of all open pages.</summary>
public sealed class LiveClockTests
{
    private readonly ManualClock _time = new();

    [Fact]
    public void Each_page_ticks_at_its_own_period()
    {
        using var clock = new LiveClock(_time);
        var (often, seldom) = (0, 0);
        using var first = clock.Every(TimeSpan.FromSeconds(1), Count(() => often++));
        using var second = clock.Every(TimeSpan.FromSeconds(5), Count(() => seldom++));

        _time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal((20, 4), (often, seldom));
    }

    [Fact]
    public void Many_pages_share_one_timer_and_none_is_left_when_the_last_page_is_closed()
    {
        using var clock = new LiveClock(_time);
        var pages = Enumerable.Range(0, 50).Select(_ => clock.Every(TimeSpan.FromSeconds(2), () => Task.CompletedTask)).ToList();
        Assert.Equal(1, _time.Timers);

        foreach (var page in pages.SkipLast(1))
            page.Dispose();
        Assert.Equal(1, _time.Timers);
        pages[^1].Dispose();

        Assert.Equal(0, _time.Timers);
    }

    [Fact]
    public void A_page_that_is_opened_after_all_were_closed_ticks_again()
    {
        using var clock = new LiveClock(_time);
        clock.Every(TimeSpan.FromSeconds(1), () => Task.CompletedTask).Dispose();
        var ticks = 0;
        using var page = clock.Every(TimeSpan.FromSeconds(1), Count(() => ticks++));

        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(3, ticks);
    }

    [Fact]
    public void A_tick_that_takes_long_is_not_started_twice()
    {
        using var clock = new LiveClock(_time);
        var slow = new TaskCompletionSource();
        var ticks = 0;
        using var page = clock.Every(
            TimeSpan.FromSeconds(1),
            () =>
            {
                ticks++;
                return slow.Task;
            }
        );

        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, ticks);
        slow.SetResult();
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(2, ticks);
    }

    [Fact]
    public void A_page_that_was_closed_during_its_tick_ticks_no_more()
    {
        using var clock = new LiveClock(_time);
        var ticks = 0;
        using var page = clock.Every(
            TimeSpan.FromSeconds(1),
            () =>
            {
                ticks++;
                return Task.FromException(new ObjectDisposedException("page"));
            }
        );

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal((1, 0), (ticks, _time.Timers));
    }

    private static Func<Task> Count(Action count) =>
        () =>
        {
            count();
            return Task.CompletedTask;
        };
}

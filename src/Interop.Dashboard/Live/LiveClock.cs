namespace Interop.Dashboard.Live;

/// <summary>One timer for all open pages. It runs only while a page is open.</summary>
public sealed class LiveClock(TimeProvider time) : IDisposable
{
    /// <summary>The time between two ticks.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly HashSet<Subscription> _subscriptions = [];
    private ITimer? _timer;

    /// <summary>Calls <paramref name="tick"/> every <paramref name="period"/>, never two at a time, until the result is disposed.</summary>
    public IDisposable Every(TimeSpan period, Func<Task> tick)
    {
        var subscription = new Subscription(this, Math.Max(1, (int)(period / Period)), tick);
        lock (_gate)
        {
            _subscriptions.Add(subscription);
            _timer ??= time.CreateTimer(_ => Tick(), null, Period, Period);
        }

        return subscription;
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    private void Tick()
    {
        Subscription[] due;
        lock (_gate)
            due = [.. _subscriptions.Where(subscription => subscription.IsDue())];
        foreach (var subscription in due)
            _ = subscription.RunAsync();
    }

    private void Remove(Subscription subscription)
    {
        lock (_gate)
        {
            if (!_subscriptions.Remove(subscription) || _subscriptions.Count > 0)
                return;
            _timer?.Dispose();
            _timer = null;
        }
    }

    private sealed class Subscription(LiveClock clock, int ticks, Func<Task> tick) : IDisposable
    {
        private int _count;
        private int _isRunning;

        public bool IsDue() => ++_count % ticks == 0;

        public async Task RunAsync()
        {
            if (Interlocked.Exchange(ref _isRunning, 1) == 1)
                return;
            try
            {
                await tick();
            }
            catch (ObjectDisposedException)
            {
                Dispose(); // the page was closed during its tick
            }
            finally
            {
                Volatile.Write(ref _isRunning, 0);
            }
        }

        public void Dispose() => clock.Remove(this);
    }
}

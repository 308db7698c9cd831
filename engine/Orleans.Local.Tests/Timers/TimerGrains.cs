using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Timers;

[Alias("tests.timer")]
public interface ITimerGrain : IGrainWithStringKey
{
    [Alias("Start")]
    Task Start(TimeSpan dueTime, TimeSpan period, bool interleave = false, bool keepAlive = false);

    /// <summary>The callback waits for the signal "key/n" and records its begin and end.</summary>
    [Alias("StartWaiting")]
    Task StartWaiting(bool interleave);

    [Alias("StartFailing")]
    Task StartFailing();

    /// <summary>Every overload, once each.</summary>
    [Alias("StartAllKinds")]
    Task StartAllKinds();

    /// <summary>The first tick changes the timer to fire once more.</summary>
    [Alias("StartChanging")]
    Task StartChanging();

    [Alias("StartInvalid")]
    Task StartInvalid(TimeSpan dueTime, TimeSpan period);

    /// <summary>A timer that fires only after this grain changes it.</summary>
    [Alias("StartAsleep")]
    Task StartAsleep();

    [Alias("Wake")]
    Task Wake();

    [Alias("Stop")]
    Task Stop();

    [Alias("Hold")]
    Task Hold(string began, string signal);

    [Alias("Ping")]
    Task Ping();

    [Alias("End")]
    Task End();

    [Alias("StartOutside")]
    Task StartOutside();

    [Alias("StartForToken")]
    Task StartForToken();
}

public sealed class TimerGrain : Grain, ITimerGrain
{
    private IGrainTimer? _timer;
    private int _ticks;

    private string Key => this.GetPrimaryKeyString();

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Signals.Note(Key, "deactivated");
        return Task.CompletedTask;
    }

    public Task Start(TimeSpan dueTime, TimeSpan period, bool interleave, bool keepAlive)
    {
        _timer = this.RegisterGrainTimer(
            Tick,
            new GrainTimerCreationOptions
            {
                DueTime = dueTime,
                Period = period,
                Interleave = interleave,
                KeepAlive = keepAlive,
            }
        );
        return Task.CompletedTask;
    }

    public Task StartWaiting(bool interleave)
    {
        _timer = this.RegisterGrainTimer(
            async token =>
            {
                var tick = _ticks++;
                Signals.Note(Key, $"{tick} begins");
                await Signals.Wait($"{Key}/{tick}");
                Signals.Note(Key, $"{tick} ends");
            },
            new GrainTimerCreationOptions
            {
                DueTime = TimeSpan.Zero,
                Period = TimeSpan.FromMilliseconds(1),
                Interleave = interleave,
            }
        );
        return Task.CompletedTask;
    }

    public Task StartFailing()
    {
        _timer = this.RegisterGrainTimer(
            token =>
            {
                Signals.Note(Key, "tick");
                throw new InvalidOperationException("A tick fails.");
            },
            TimeSpan.Zero,
            TimeSpan.FromMilliseconds(1)
        );
        return Task.CompletedTask;
    }

    public Task StartAllKinds()
    {
        var options = new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        this.RegisterGrainTimer(token => Note("token"), options);
        this.RegisterGrainTimer(token => Note("token and times"), TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        this.RegisterGrainTimer((state, token) => Note(state), "state and token", options);
        this.RegisterGrainTimer((state, token) => Note(state), "state, token and times", TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        this.RegisterGrainTimer(() => Note("nothing"), options);
        this.RegisterGrainTimer(() => Note("times"), TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        this.RegisterGrainTimer(state => Note(state), "state", options);
        this.RegisterGrainTimer(state => Note(state), "state and times", TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;

        Task Note(string kind)
        {
            Signals.Note(Key, kind);
            return Task.CompletedTask;
        }
    }

    public Task StartChanging()
    {
        _timer = this.RegisterGrainTimer(
            token =>
            {
                Signals.Note(Key, "tick");
                if (_ticks++ == 0)
                    _timer!.Change(TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                return Task.CompletedTask;
            },
            TimeSpan.FromMilliseconds(1),
            TimeSpan.FromHours(1)
        );
        return Task.CompletedTask;
    }

    public Task StartInvalid(TimeSpan dueTime, TimeSpan period) => Start(dueTime, period, false, false);

    public Task StartAsleep() => Start(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan, false, false);

    public Task Wake()
    {
        _timer!.Change(TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
        return Task.CompletedTask;
    }

    public Task Stop()
    {
        _timer!.Dispose();
        return Task.CompletedTask;
    }

    public Task Hold(string began, string signal)
    {
        Signals.Set(began);
        return Signals.Wait(signal);
    }

    public Task Ping() => Task.CompletedTask;

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task StartOutside() => Task.Run(() => this.RegisterGrainTimer(Tick, TimeSpan.Zero, TimeSpan.Zero));

    public Task StartForToken()
    {
        _timer = this.RegisterGrainTimer(
            async token =>
            {
                Signals.Set($"{Key}/began");
                try
                {
                    await Task.Delay(Timeout.Infinite, token);
                }
                finally
                {
                    Signals.Set($"{Key}/cancelled");
                }
            },
            new GrainTimerCreationOptions
            {
                DueTime = TimeSpan.Zero,
                Period = Timeout.InfiniteTimeSpan,
                Interleave = true,
            }
        );
        return Task.CompletedTask;
    }

    private Task Tick(CancellationToken cancellationToken)
    {
        Signals.Note(Key, "tick");
        return Task.CompletedTask;
    }
}

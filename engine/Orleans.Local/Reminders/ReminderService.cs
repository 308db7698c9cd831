using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Orleans.Reminders;

/// <summary>Sends the ticks of all reminders of the table while the silo runs.</summary>
internal sealed partial class ReminderService(
    IReminderTable table,
    TimeSpan minimumPeriod,
    IGrainFactory grains,
    TimeProvider time,
    ILogger<ReminderService> logger
) : IReminderRegistry, IDisposable
{
    // A timer waits at most 49 days.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly IGrainFactory _grains = grains;
    private readonly TimeProvider _time = time;
    private readonly ILogger _logger = logger;
    private readonly ConcurrentDictionary<(GrainId, string), Schedule> _schedules = new();
    private volatile bool _stopped;

    public async Task StartAsync()
    {
        foreach (var entry in await table.ReadAllAsync())
            Begin(entry, isNew: false);
    }

    public Task<IGrainReminder> RegisterAsync(GrainId grainId, string reminderName, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        if (period < minimumPeriod)
            throw new ArgumentException(
                $"The reminder {reminderName} cannot have a period of {period}: the shortest is {minimumPeriod}.",
                nameof(period)
            );
        return RegisterAsync(new ReminderEntry(grainId, reminderName, _time.GetUtcNow().UtcDateTime + dueTime, period, ""));
    }

    public async Task UnregisterAsync(IGrainReminder reminder)
    {
        var entry = (ReminderEntry)reminder;
        if (!await table.RemoveAsync(entry) && await GetAsync(entry.GrainId, entry.Name) is not null)
            throw new ReminderException(
                $"The reminder {entry.Name} of {entry.GrainId} could not be unregistered: it has been changed since it was read. Read it again."
            );
        if (_schedules.TryRemove((entry.GrainId, entry.Name), out var schedule))
            schedule.Dispose();
    }

    public async Task<IGrainReminder?> GetAsync(GrainId grainId, string reminderName) =>
        (await table.ReadAsync(grainId)).Find(e => e.Name == reminderName);

    public async Task<List<IGrainReminder>> GetAllAsync(GrainId grainId) => [.. await table.ReadAsync(grainId)];

    public void Dispose()
    {
        _stopped = true;
        foreach (var schedule in _schedules.Values)
            schedule.Dispose();
        _schedules.Clear();
    }

    private async Task<IGrainReminder> RegisterAsync(ReminderEntry entry)
    {
        var stored = await table.UpsertAsync(entry);
        Begin(stored, isNew: true);
        return stored;
    }

    private void Begin(ReminderEntry entry, bool isNew)
    {
        if (_stopped)
            return;
        var schedule = new Schedule(this, entry);
        _schedules.AddOrUpdate(
            (entry.GrainId, entry.Name),
            schedule,
            (_, old) =>
            {
                old.Dispose();
                return schedule;
            }
        );
        schedule.Begin(isNew);
    }

    [LoggerMessage(1301, LogLevel.Warning, "The reminder {Name} of {GrainId} failed; it continues with its next tick")]
    private static partial void TickFailed(ILogger logger, Exception exception, string name, GrainId grainId);

    /// <summary>The ticks of one reminder. A tick that is due while no silo runs, or while the previous tick still runs, is
    /// skipped.</summary>
    private sealed class Schedule : IDisposable
    {
        private readonly ReminderService _service;
        private readonly ReminderEntry _entry;
        private readonly IRemindable _grain;
        private readonly ITimer _timer;
        private DateTime _next;

        public Schedule(ReminderService service, ReminderEntry entry)
        {
            _service = service;
            _entry = entry;
            _grain = service._grains.GetGrain<IRemindable>(entry.GrainId);
            using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
            {
                _timer = service._time.CreateTimer(
                    static schedule => _ = ((Schedule)schedule!).OnTimerAsync(),
                    this,
                    Timeout.InfiniteTimeSpan,
                    Timeout.InfiniteTimeSpan
                );
            }
        }

        private DateTime Now => _service._time.GetUtcNow().UtcDateTime;

        public void Begin(bool isNew)
        {
            _next = isNew ? _entry.StartAt : NextAfter(Now);
            Wait();
        }

        public void Dispose() => _timer.Dispose();

        private async Task OnTimerAsync()
        {
            if (Now >= _next)
            {
                try
                {
                    await _grain.ReceiveReminder(_entry.Name, new TickStatus(_entry.StartAt, _entry.Period, Now));
                }
                catch (Exception exception)
                {
                    TickFailed(_service._logger, exception, _entry.Name, _entry.GrainId);
                }

                _next = NextAfter(Now);
            }

            Wait();
        }

        private DateTime NextAfter(DateTime now)
        {
            if (now < _entry.StartAt)
                return _entry.StartAt;
            var periods = (now - _entry.StartAt).Ticks / _entry.Period.Ticks + 1;
            return _entry.StartAt + periods * _entry.Period;
        }

        private void Wait()
        {
            var wait = _next - Now;
            _timer.Change(
                wait < TimeSpan.Zero ? TimeSpan.Zero
                    : wait > LongestWait ? LongestWait
                    : wait,
                Timeout.InfiniteTimeSpan
            );
        }
    }
}

using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>A registered reminder.</summary>
    public interface IGrainReminder
    {
        /// <summary>The name, unique within the grain.</summary>
        string ReminderName { get; }
    }

    /// <summary>The position of a tick in the schedule of its reminder. Times are UTC.</summary>
    [GenerateSerializer, Immutable]
    public readonly struct TickStatus(DateTime firstTickTime, TimeSpan period, DateTime timeStamp)
    {
        /// <summary>When the first tick was due.</summary>
        [Id(0)]
        public DateTime FirstTickTime { get; } = firstTickTime;

        /// <summary>The time between two ticks.</summary>
        [Id(1)]
        public TimeSpan Period { get; } = period;

        /// <summary>When this tick was sent.</summary>
        [Id(2)]
        public DateTime CurrentTickTime { get; } = timeStamp;

        /// <inheritdoc/>
        public override string ToString() => $"<{FirstTickTime:O}, {Period}, {CurrentTickTime:O}>";
    }

    /// <summary>A reminder could not be registered or unregistered.</summary>
    [GenerateSerializer]
    public sealed class ReminderException(string message) : OrleansException(message);
}

namespace Orleans
{
    /// <summary>A grain that reminders can call, also after its activation or its silo has ended. A tick may come late, or twice.</summary>
    public interface IRemindable : IGrain
    {
        /// <summary>Called at each tick, in a turn of the grain.</summary>
        Task ReceiveReminder(string reminderName, TickStatus status);
    }

    /// <summary>How a grain manages its reminders. Each method is called in a turn of the grain.</summary>
    public static class GrainReminderExtensions
    {
        /// <param name="grain">The grain, which implements <see cref="IRemindable"/>.</param>
        /// <param name="reminderName">Unique within the grain.</param>
        /// <param name="dueTime">From now to the first tick.</param>
        /// <param name="period">From tick to tick, counted from the first one; not under
        /// <c>ReminderOptions.MinimumReminderPeriod</c>.</param>
        public static Task<IGrainReminder> RegisterOrUpdateReminder(
            this IGrainBase grain,
            string reminderName,
            TimeSpan dueTime,
            TimeSpan period
        )
        {
            ThrowIfBlank(reminderName);
            if (grain is not IRemindable)
                throw new InvalidOperationException(
                    $"{grain.GetType()} cannot have reminders: it does not implement {nameof(IRemindable)}."
                );
            return Service(grain).RegisterAsync(grain.GrainContext.GrainId, reminderName, dueTime, period);
        }

        /// <inheritdoc cref="RegisterOrUpdateReminder(IGrainBase, string, TimeSpan, TimeSpan)"/>
        public static Task<IGrainReminder> RegisterOrUpdateReminder(
            this Grain grain,
            string reminderName,
            TimeSpan dueTime,
            TimeSpan period
        ) => RegisterOrUpdateReminder((IGrainBase)grain, reminderName, dueTime, period);

        /// <summary>Removes the reminder: it does not fire any more.</summary>
        public static Task UnregisterReminder(this IGrainBase grain, IGrainReminder reminder) => Service(grain).UnregisterAsync(reminder);

        /// <summary>Removes the reminder: it does not fire any more.</summary>
        public static Task UnregisterReminder(this Grain grain, IGrainReminder reminder) => UnregisterReminder((IGrainBase)grain, reminder);

        /// <returns>Null if the grain has no such reminder.</returns>
        public static Task<IGrainReminder?> GetReminder(this IGrainBase grain, string reminderName)
        {
            ThrowIfBlank(reminderName);
            return Service(grain).GetAsync(grain.GrainContext.GrainId, reminderName);
        }

        /// <inheritdoc cref="GetReminder(IGrainBase, string)"/>
        public static Task<IGrainReminder?> GetReminder(this Grain grain, string reminderName) =>
            GetReminder((IGrainBase)grain, reminderName);

        /// <summary>The reminders of the grain.</summary>
        public static Task<List<IGrainReminder>> GetReminders(this IGrainBase grain) =>
            Service(grain).GetAllAsync(grain.GrainContext.GrainId);

        /// <summary>The reminders of the grain.</summary>
        public static Task<List<IGrainReminder>> GetReminders(this Grain grain) => GetReminders((IGrainBase)grain);

        private static void ThrowIfBlank(string reminderName)
        {
            if (string.IsNullOrWhiteSpace(reminderName))
                throw new ArgumentNullException(nameof(reminderName));
        }

        private static IReminderRegistry Service(IGrainBase grain)
        {
            var context = (IActivationContext)grain.GrainContext;
            context.ThrowIfOutside("A reminder");
            return context.ActivationServices.GetService<IReminderRegistry>()
                ?? throw new InvalidOperationException(
                    "The reminder service has not been configured: call UseInMemoryReminderService or UseAdoNetReminderService."
                );
        }
    }
}

namespace Orleans.Hosting
{
    /// <summary>Options of reminders.</summary>
    public sealed class ReminderOptions
    {
        /// <summary>Registering a shorter period fails.</summary>
        public TimeSpan MinimumReminderPeriod { get; set; } = TimeSpan.FromMinutes(1);
    }
}

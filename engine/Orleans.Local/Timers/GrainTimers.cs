using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>When a grain timer fires, and how its ticks share the activation with calls.</summary>
    public readonly struct GrainTimerCreationOptions
    {
        /// <summary>Creates options whose times are set by the initializer.</summary>
        public GrainTimerCreationOptions() { }

        /// <summary>Creates options with the time to the first tick and the time between ticks.</summary>
        [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
        public GrainTimerCreationOptions(TimeSpan dueTime, TimeSpan period)
        {
            DueTime = dueTime;
            Period = period;
        }

        /// <summary>From now to the first tick; <see cref="Timeout.InfiniteTimeSpan"/> for a timer that starts with
        /// <c>Change</c>.</summary>
        public required TimeSpan DueTime { get; init; }

        /// <summary>From the end of one tick to the next; <see cref="Timeout.InfiniteTimeSpan"/> for a single tick.</summary>
        public required TimeSpan Period { get; init; }

        /// <summary>Ticks run between the awaits of calls. Otherwise a tick takes its turn like a request.</summary>
        public bool Interleave { get; init; }

        /// <summary>Ticks keep the activation from being collected.</summary>
        public bool KeepAlive { get; init; }
    }

    /// <summary>A timer that lives as long as its activation.</summary>
    public interface IGrainTimer : IDisposable
    {
        /// <summary>Called within a tick, the new due time begins at the end of the tick.</summary>
        void Change(TimeSpan dueTime, TimeSpan period);
    }
}

namespace Orleans
{
    /// <summary>What the engine offers to a grain.</summary>
    public static class GrainBaseExtensions
    {
        /// <summary>Ends the activation after its current calls; calls that arrive meanwhile go to the next activation.</summary>
        public static void DeactivateOnIdle(this IGrainBase grain) =>
            grain.GrainContext.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "The grain requested it."));

        /// <summary>Starts a timer that lives as long as the activation. Its ticks are turns of the grain.</summary>
        public static IGrainTimer RegisterGrainTimer(
            this IGrainBase grain,
            Func<CancellationToken, Task> callback,
            GrainTimerCreationOptions options
        ) => Register(grain, callback, options);

        /// <summary>Starts a timer that lives as long as the activation. Its ticks are turns of the grain.</summary>
        public static IGrainTimer RegisterGrainTimer(
            this IGrainBase grain,
            Func<CancellationToken, Task> callback,
            TimeSpan dueTime,
            TimeSpan period
        ) => Register(grain, callback, new GrainTimerCreationOptions(dueTime, period));

        /// <summary>Starts a timer that lives as long as the activation. Its ticks are turns of the grain.</summary>
        public static IGrainTimer RegisterGrainTimer(this IGrainBase grain, Func<Task> callback, GrainTimerCreationOptions options) =>
            Register(grain, _ => callback(), options);

        /// <summary>Starts a timer that lives as long as the activation. Its ticks are turns of the grain.</summary>
        public static IGrainTimer RegisterGrainTimer(this IGrainBase grain, Func<Task> callback, TimeSpan dueTime, TimeSpan period) =>
            Register(grain, _ => callback(), new GrainTimerCreationOptions(dueTime, period));

        /// <summary>
        /// Starts a timer that lives as long as the activation and passes a state to the callback. Its ticks are turns of the grain.
        /// </summary>
        public static IGrainTimer RegisterGrainTimer<TState>(
            this IGrainBase grain,
            Func<TState, CancellationToken, Task> callback,
            TState state,
            GrainTimerCreationOptions options
        ) => Register(grain, token => callback(state, token), options);

        /// <summary>
        /// Starts a timer that lives as long as the activation and passes a state to the callback. Its ticks are turns of the grain.
        /// </summary>
        public static IGrainTimer RegisterGrainTimer<TState>(
            this IGrainBase grain,
            Func<TState, CancellationToken, Task> callback,
            TState state,
            TimeSpan dueTime,
            TimeSpan period
        ) => Register(grain, token => callback(state, token), new GrainTimerCreationOptions(dueTime, period));

        /// <summary>
        /// Starts a timer that lives as long as the activation and passes a state to the callback. Its ticks are turns of the grain.
        /// </summary>
        public static IGrainTimer RegisterGrainTimer<TState>(
            this IGrainBase grain,
            Func<TState, Task> callback,
            TState state,
            GrainTimerCreationOptions options
        ) => Register(grain, _ => callback(state), options);

        /// <summary>
        /// Starts a timer that lives as long as the activation and passes a state to the callback. Its ticks are turns of the grain.
        /// </summary>
        public static IGrainTimer RegisterGrainTimer<TState>(
            this IGrainBase grain,
            Func<TState, Task> callback,
            TState state,
            TimeSpan dueTime,
            TimeSpan period
        ) => Register(grain, _ => callback(state), new GrainTimerCreationOptions(dueTime, period));

        private static IGrainTimer Register(IGrainBase grain, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
        {
            ArgumentNullException.ThrowIfNull(grain);
            ArgumentNullException.ThrowIfNull(callback);
            return grain
                .GrainContext.ActivationServices.GetRequiredService<ITimerRegistry>()
                .Register(grain.GrainContext, callback, options);
        }
    }
}

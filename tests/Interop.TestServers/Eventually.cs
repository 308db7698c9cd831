using System.Diagnostics;

namespace Interop.TestServers;

/// <summary>Waits for conditions. Tests wait with this class and never for a fixed time.</summary>
public static class Eventually
{
    /// <summary>The longest wait. It is reached only when a test fails, so it is long enough for a busy machine.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <inheritdoc cref="Is(Func{Task{bool}}, string)"/>
    public static Task Is(Func<bool> condition, string what) => Is(() => Task.FromResult(condition()), what);

    /// <summary>Waits until the condition is true.</summary>
    /// <param name="condition">Asked every few milliseconds.</param>
    /// <param name="what">The condition in words, for the message of a failure.</param>
    /// <exception cref="TimeoutException">It did not become true within <see cref="Limit"/>.</exception>
    public static async Task Is(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > Limit)
                throw new TimeoutException($"Not within {Limit}: {what}");
            await Task.Delay(Interval);
        }
    }
}

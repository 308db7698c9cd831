using System.Diagnostics;

namespace Interop.Api.Tests.Support;

/// <summary>Waits for what must come true, and fails when it does not.</summary>
internal static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
                throw new TimeoutException($"It did not come true within {Patience}: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }
}

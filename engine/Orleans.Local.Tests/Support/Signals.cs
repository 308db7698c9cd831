using System.Collections.Concurrent;
using Interop.TestServers;

namespace Orleans.Local.Tests.Support;

/// <summary>
/// Lets a test hold a grain at a point and see that it is there; silo and test share the process. Each test uses its own names.
/// </summary>
internal static class Signals
{
    private static readonly ConcurrentDictionary<string, TaskCompletionSource> All = new();
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<string>> Logs = new();

    /// <summary>A task that ends when <see cref="Set"/> is called with the same name.</summary>
    public static Task Wait(string name) => Get(name).Task.WaitAsync(Eventually.Limit);

    public static void Set(string name) => Get(name).TrySetResult();

    /// <summary>Records an event, in order.</summary>
    public static void Note(string log, string entry) => Logs.GetOrAdd(log, _ => new()).Enqueue(entry);

    public static string[] Noted(string log) => Logs.TryGetValue(log, out var entries) ? [.. entries] : [];

    private static TaskCompletionSource Get(string name) =>
        All.GetOrAdd(name, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}

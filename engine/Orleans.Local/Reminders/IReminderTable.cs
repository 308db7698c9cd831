using System.Collections.Concurrent;
using System.Globalization;
using Orleans.Runtime;

namespace Orleans.Reminders;

/// <summary>A stored reminder; it is also what a grain holds of one.</summary>
internal sealed record ReminderEntry(GrainId GrainId, string Name, DateTime StartAt, TimeSpan Period, string ETag) : IGrainReminder
{
    public string ReminderName => Name;
}

/// <summary>Where reminders are kept.</summary>
internal interface IReminderTable
{
    Task<List<ReminderEntry>> ReadAllAsync();

    Task<List<ReminderEntry>> ReadAsync(GrainId grainId);

    /// <returns>The entry with its new etag.</returns>
    Task<ReminderEntry> UpsertAsync(ReminderEntry entry);

    /// <returns>False if there is no such entry with this etag.</returns>
    Task<bool> RemoveAsync(ReminderEntry entry);
}

/// <summary>Keeps reminders as long as the silo runs.</summary>
internal sealed class MemoryReminderTable : IReminderTable
{
    private readonly ConcurrentDictionary<(GrainId, string), ReminderEntry> _entries = new();
    private int _version;

    public Task<List<ReminderEntry>> ReadAllAsync() => Task.FromResult<List<ReminderEntry>>([.. _entries.Values]);

    public Task<List<ReminderEntry>> ReadAsync(GrainId grainId) =>
        Task.FromResult<List<ReminderEntry>>([.. _entries.Values.Where(e => e.GrainId == grainId)]);

    public Task<ReminderEntry> UpsertAsync(ReminderEntry entry)
    {
        var stored = entry with { ETag = Interlocked.Increment(ref _version).ToString(CultureInfo.InvariantCulture) };
        _entries[(entry.GrainId, entry.Name)] = stored;
        return Task.FromResult(stored);
    }

    public Task<bool> RemoveAsync(ReminderEntry entry) =>
        Task.FromResult(_entries.TryRemove(new KeyValuePair<(GrainId, string), ReminderEntry>((entry.GrainId, entry.Name), entry)));
}

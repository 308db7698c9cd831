namespace Interop.Anomaly.Profiles;

/// <summary>The last step of each agent, and how deep it is in one patient's record. When the table is full, the agents that were silent
/// for
/// longest are removed.</summary>
internal sealed class RecentSteps(int limit)
{
    private const uint SearchedSeconds = 120;
    private const uint SameVisitSeconds = 4 * 3600;
    private readonly Dictionary<uint, Entry> _entries = [];

    /// <summary>Whether this is the agent's first access of the hour.</summary>
    public bool Begins(uint agent, uint period)
    {
        var found = _entries.TryGetValue(agent, out var entry);
        if (found && entry.Period == period)
            return false;
        Put(agent, found, entry with { Period = period });
        return true;
    }

    /// <summary>Returns how deep into the patient's record the access goes, then counts it.</summary>
    /// <returns>The step within the record (1 to 3), and whether the record was reached through a search for patients.</returns>
    public (int Step, bool Searched) Add(uint agent, uint patient, AccessKind kind, long second)
    {
        var found = _entries.TryGetValue(agent, out var entry);
        var at = (uint)Math.Clamp(second, 0, uint.MaxValue);
        if (patient == 0)
        {
            Put(agent, found, entry with { SearchSecond = kind == AccessKind.Query ? at : entry.SearchSecond, Second = at });
            return (0, false);
        }

        var same = found && entry.Patient == patient && at - Math.Min(at, entry.Second) <= SameVisitSeconds;
        var step = same ? Math.Min(3, entry.Step + 1) : 1;
        var searched = same ? entry.Searched : entry.SearchSecond > 0 && at - Math.Min(at, entry.SearchSecond) <= SearchedSeconds;
        Put(agent, found, new Entry(patient, (byte)step, searched, 0, at, entry.Period));
        return (step, searched);
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(_entries.Count);
        foreach (var (agent, entry) in _entries)
        {
            writer.Write(agent);
            writer.Write(entry.Patient);
            writer.Write(entry.Step);
            writer.Write(entry.Searched);
            writer.Write(entry.SearchSecond);
            writer.Write(entry.Second);
            writer.Write(entry.Period);
        }
    }

    public void Read(BinaryReader reader)
    {
        for (int i = 0, count = reader.ReadInt32(); i < count; i++)
        {
            _entries[reader.ReadUInt32()] = new Entry(
                reader.ReadUInt32(),
                reader.ReadByte(),
                reader.ReadBoolean(),
                reader.ReadUInt32(),
                reader.ReadUInt32(),
                reader.ReadUInt32()
            );
        }
    }

    private void Put(uint agent, bool found, Entry entry)
    {
        if (!found && _entries.Count >= limit)
        {
            foreach (var oldest in _entries.OrderBy(e => (e.Value.Second, e.Key)).Take(limit / 10).Select(e => e.Key).ToArray())
                _entries.Remove(oldest);
        }

        _entries[agent] = entry;
    }

    private readonly record struct Entry(uint Patient, byte Step, bool Searched, uint SearchSecond, uint Second, uint Period);
}

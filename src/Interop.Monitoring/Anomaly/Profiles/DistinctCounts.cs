using System.Numerics;

namespace Interop.Anomaly.Profiles;

/// <summary>
/// The approximate number of different members that each key has seen lately: linear counting over 64 bits per key (Whang et al. 1990),
/// restarted after the kept days. When the table is full, a tenth of the keys is removed, the oldest first.
/// </summary>
internal sealed class DistinctCounts(int limit, int keepDays)
{
    private readonly Dictionary<uint, Entry> _entries = [];

    /// <summary>Counts the member. Returns how many the key has, this one included.</summary>
    public float Add(uint key, uint member, int day)
    {
        if (!_entries.TryGetValue(key, out var entry) || day - entry.Day > keepDays)
        {
            if (_entries.Count >= limit)
            {
                foreach (var oldest in _entries.OrderBy(e => (e.Value.Day, e.Key)).Take(limit / 10).Select(e => e.Key).ToArray())
                    _entries.Remove(oldest);
            }

            entry = new Entry(0, day);
        }

        entry = entry with { Bits = entry.Bits | (1UL << (int)((member * 2654435769u) >> 26)) };
        _entries[key] = entry;
        return entry.Members;
    }

    /// <summary>How many members the key has.</summary>
    public float Count(uint key, int day) => _entries.TryGetValue(key, out var entry) && day - entry.Day <= keepDays ? entry.Members : 0;

    public void Write(BinaryWriter writer)
    {
        writer.Write(_entries.Count);
        foreach (var (key, entry) in _entries)
        {
            writer.Write(key);
            writer.Write(entry.Bits);
            writer.Write(entry.Day);
        }
    }

    public void Read(BinaryReader reader)
    {
        for (int i = 0, count = reader.ReadInt32(); i < count; i++)
            _entries[reader.ReadUInt32()] = new Entry(reader.ReadUInt64(), reader.ReadInt32());
    }

    private readonly record struct Entry(ulong Bits, int Day)
    {
        public float Members
        {
            get
            {
                var zeros = 64 - BitOperations.PopCount(Bits);
                return zeros == 0 ? 300 : 64 * MathF.Log(64f / zeros);
            }
        }
    }
}

namespace Interop.Anomaly.Profiles;

/// <summary>
/// A bounded table of counts per key; old counts lose weight. When it is full, the key that was seen longest ago is removed.
/// </summary>
internal sealed class DecayedCounts(int limit)
{
    private readonly Dictionary<uint, Entry> _entries = [];

    public int Keys => _entries.Count;

    /// <summary>The weight of all keys, also of removed ones.</summary>
    public float Total { get; private set; }

    public float this[uint key] => _entries.TryGetValue(key, out var entry) ? entry.Weight : 0;

    /// <summary>The day on which the key was first seen; none: the given day.</summary>
    public int FirstDay(uint key, int day) => _entries.TryGetValue(key, out var entry) ? entry.FirstDay : day;

    public void Add(uint key, int day)
    {
        Total++;
        if (_entries.TryGetValue(key, out var entry))
        {
            _entries[key] = entry with { Weight = entry.Weight + 1, LastDay = day };
            return;
        }

        if (_entries.Count >= limit)
            _entries.Remove(_entries.MinBy(e => (e.Value.LastDay, e.Value.Weight, e.Key)).Key);
        _entries[key] = new Entry(1, day, day);
    }

    public void Decay(float factor)
    {
        Total *= factor;
        foreach (var key in _entries.Keys.ToArray())
            _entries[key] = _entries[key] with { Weight = _entries[key].Weight * factor };
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(Total);
        writer.Write((ushort)_entries.Count);
        foreach (var (key, entry) in _entries)
        {
            writer.Write(key);
            writer.Write((Half)entry.Weight);
            writer.Write((ushort)entry.FirstDay);
            writer.Write((ushort)entry.LastDay);
        }
    }

    public void Read(BinaryReader reader)
    {
        Total = reader.ReadSingle();
        for (int i = 0, count = reader.ReadUInt16(); i < count; i++)
            _entries[reader.ReadUInt32()] = new Entry((float)reader.ReadHalf(), reader.ReadUInt16(), reader.ReadUInt16());
    }

    private readonly record struct Entry(float Weight, int FirstDay, int LastDay);
}

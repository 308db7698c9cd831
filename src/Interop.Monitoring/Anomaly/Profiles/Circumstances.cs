namespace Interop.Anomaly.Profiles;

/// <summary>
/// How usual the circumstances of unexplained accesses are, by context (a role, a role at a place and a time of day): decayed counts of
/// cells, and of the hours of work in the context. The measure is occurrences per hour of work, not per access: an agent with many accesses
/// does not have more phone calls. When the table is full, the contexts that were seen longest ago are removed.
/// </summary>
internal sealed class Circumstances(int limit)
{
    private const float Unseen = 0.5f;
    private const float Wider = 20; // this many own hours weigh as much as the wider context

    // What is frequent in the wider context and was not seen in this one in many hours does not belong here.
    private const float MostOfWider = Unseen;
    private readonly Dictionary<uint, Entry> _counts = [];

    /// <summary>-log10 of how often the cell occurs in one hour of work in the last context; 0: once or more. A context with few hours
    /// is completed by the one before it, which adds at most half an occurrence: physicians on call at night say little of the same ward by
    /// day.</summary>
    /// <param name="contexts">From the widest to the narrowest.</param>
    public float Rarity(ReadOnlySpan<uint> contexts, uint cell)
    {
        var share = 0f;
        for (var i = 0; i < contexts.Length; i++)
        {
            var total = _counts.TryGetValue(contexts[i], out var all) ? all.Weight : 0;
            var here = _counts.TryGetValue(Key(contexts[i], cell), out var entry) ? entry.Weight : 0;
            var wider = MathF.Min(Wider, MostOfWider / MathF.Max(share, float.Epsilon));
            share = i == 0 ? (here + Unseen) / (total + 1) : (here + (wider * share)) / (total + wider);
            // A cell that was never seen may still occur once in this many hours.
            share = MathF.Max(share, Unseen / (total + 1));
        }

        return MathF.Max(0, -MathF.Log10(MathF.Min(1, share)));
    }

    /// <summary>Counts an hour of work in the context.</summary>
    public void Count(uint context, int day) => Add(context, day);

    /// <summary>Counts an occurrence.</summary>
    public void CountCell(uint context, uint cell, int day) => Add(Key(context, cell), day);

    public void Decay(float factor)
    {
        foreach (var key in _counts.Keys.ToArray())
            _counts[key] = _counts[key] with { Weight = _counts[key].Weight * factor };
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(_counts.Count);
        foreach (var (key, entry) in _counts)
        {
            writer.Write(key);
            writer.Write(entry.Weight);
            writer.Write((ushort)entry.Day);
        }
    }

    public void Read(BinaryReader reader)
    {
        for (int i = 0, count = reader.ReadInt32(); i < count; i++)
            _counts[reader.ReadUInt32()] = new Entry(reader.ReadSingle(), reader.ReadUInt16());
    }

    private void Add(uint key, int day)
    {
        if (!_counts.TryGetValue(key, out var entry) && _counts.Count >= limit)
        {
            foreach (var oldest in _counts.OrderBy(e => (e.Value.Day, e.Value.Weight, e.Key)).Take(limit / 10).Select(e => e.Key).ToArray())
                _counts.Remove(oldest);
        }

        _counts[key] = new Entry(entry.Weight + 1, day);
    }

    private static uint Key(uint context, uint cell) => (context * 2654435769u) ^ ((cell + 1) * 2246822519u);

    private readonly record struct Entry(float Weight, int Day);
}

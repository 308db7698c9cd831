namespace Interop.Anomaly.Profiles;

/// <summary>
/// At which places persons opened each patient's record lately: the two last places of a patient. When the table is full, a tenth of the
/// patients is removed, those opened longest ago first.
/// </summary>
internal sealed class PatientCircles(int limit)
{
    private const uint KeptMinutes = 3 * 1440;
    private readonly Dictionary<uint, Entry> _entries = [];

    /// <summary>Returns the persons that opened the record before this access, then counts the access.</summary>
    public PatientCircle Add(uint patient, ushort place, ushort agent, uint minute)
    {
        _entries.TryGetValue(patient, out var entry);
        var circle = PatientCircle.None;
        if (entry.First.IsRecent(minute) || entry.Second.IsRecent(minute))
        {
            if (entry.First.Says(place, agent, minute) || entry.Second.Says(place, agent, minute))
                circle = PatientCircle.SamePlace;
            else if (entry.First.IsOther(agent, minute) || entry.Second.IsOther(agent, minute))
                circle = PatientCircle.Elsewhere;
        }

        if (!_entries.ContainsKey(patient) && _entries.Count >= limit)
        {
            foreach (var oldest in _entries.OrderBy(e => (e.Value.First.Minute, e.Key)).Take(limit / 10).Select(e => e.Key).ToArray())
                _entries.Remove(oldest);
        }

        // The last place is the first element.
        if (entry.First.Minute > 0 && entry.First.Place == place)
            entry = entry with { First = entry.First.With(agent, minute) };
        else if (entry.Second.Minute > 0 && entry.Second.Place == place)
            entry = new Entry(entry.Second.With(agent, minute), entry.First);
        else
            entry = new Entry(new Stay(place, agent, false, minute), entry.First);
        _entries[patient] = entry;
        return circle;
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(_entries.Count);
        foreach (var (patient, entry) in _entries)
        {
            writer.Write(patient);
            entry.First.Write(writer);
            entry.Second.Write(writer);
        }
    }

    public void Read(BinaryReader reader)
    {
        for (int i = 0, count = reader.ReadInt32(); i < count; i++)
            _entries[reader.ReadUInt32()] = new Entry(Stay.Read(reader), Stay.Read(reader));
    }

    private readonly record struct Entry(Stay First, Stay Second);

    /// <param name="Place">A hash of the place.</param>
    /// <param name="Agent">A hash of the agent that opened the record there last.</param>
    /// <param name="Several">More than one agent opened it there.</param>
    /// <param name="Minute">Minutes since 1970; 0: never.</param>
    private readonly record struct Stay(ushort Place, ushort Agent, bool Several, uint Minute)
    {
        public bool IsRecent(uint minute) => Minute > 0 && Minute + KeptMinutes >= minute;

        public bool IsOther(ushort agent, uint minute) => IsRecent(minute) && (Several || Agent != agent);

        public bool Says(ushort place, ushort agent, uint minute) => Place == place && IsOther(agent, minute);

        public Stay With(ushort agent, uint minute) =>
            new(Place, agent, (Several && IsRecent(minute)) || (Agent != agent && IsRecent(minute)), Math.Max(Minute, minute));

        public void Write(BinaryWriter writer)
        {
            writer.Write(Place);
            writer.Write(Agent);
            writer.Write(Several);
            writer.Write(Minute);
        }

        public static Stay Read(BinaryReader reader) =>
            new(reader.ReadUInt16(), reader.ReadUInt16(), reader.ReadBoolean(), reader.ReadUInt32());
    }
}

namespace Interop.Anomaly.Profiles;

/// <summary>The patients that the agent opened last, with number and time. When the table is full, the patients opened longest ago are
/// removed.</summary>
internal sealed class KnownPatients
{
    private const int Limit = 900;
    private readonly Dictionary<uint, Visit> _visits = [];

    public int Count => _visits.Count;

    public Visit this[uint patient] => _visits.GetValueOrDefault(patient);

    public void Add(uint patient, uint minute, bool unexplained)
    {
        if (_visits.TryGetValue(patient, out var visit))
        {
            _visits[patient] = new Visit(
                (ushort)Math.Min(ushort.MaxValue, visit.Times + 1),
                Math.Max(minute, visit.LastMinute),
                unexplained
            );
            return;
        }

        if (_visits.Count >= Limit)
        {
            // A tenth at once, so that the search for the oldest is rare.
            foreach (var oldest in _visits.OrderBy(v => (v.Value.LastMinute, v.Key)).Take(Limit / 10).Select(v => v.Key).ToArray())
                _visits.Remove(oldest);
        }

        _visits[patient] = new Visit(1, minute, unexplained);
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write((ushort)_visits.Count);
        foreach (var (patient, visit) in _visits)
        {
            writer.Write(patient);
            writer.Write(visit.Times);
            writer.Write(visit.LastMinute);
            writer.Write(visit.Unexplained);
        }
    }

    public void Read(BinaryReader reader)
    {
        for (int i = 0, count = reader.ReadUInt16(); i < count; i++)
            _visits[reader.ReadUInt32()] = new Visit(reader.ReadUInt16(), reader.ReadUInt32(), reader.ReadBoolean());
    }

    /// <param name="Times">0: never.</param>
    /// <param name="LastMinute">Minutes since 1970.</param>
    /// <param name="Unexplained">Whether the last access had no care link.</param>
    internal readonly record struct Visit(ushort Times, uint LastMinute, bool Unexplained);
}

namespace Interop.Anomaly.Profiles;

/// <summary>
/// The patients that the agent opened last, with number and time. When the table is full, the patients opened longest ago are removed. Many
/// profiles are in memory at once, so it uses arrays sorted by patient: 11 bytes a patient instead of the 30 to 60 of a dictionary.
/// </summary>
internal sealed class KnownPatients
{
    private const int Limit = 900;
    private const int SmallestRoom = 16;
    private uint[] _patients = [];
    private uint[] _lastMinutes = [];
    private ushort[] _times = [];
    private bool[] _unexplained = [];

    public int Count { get; private set; }

    public Visit this[uint patient] => Find(patient) is >= 0 and var at ? At(at) : default;

    public void Add(uint patient, uint minute, bool unexplained)
    {
        var at = Find(patient);
        if (at >= 0)
        {
            Set(at, patient, (ushort)Math.Min(ushort.MaxValue, _times[at] + 1), Math.Max(minute, _lastMinutes[at]), unexplained);
            return;
        }

        if (Count >= Limit)
        {
            RemoveOldest(Limit / 10); // a tenth at once, so that the search for the oldest is rare
            at = Find(patient);
        }

        Insert(~at, patient, 1, minute, unexplained);
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write((ushort)Count);
        for (var i = 0; i < Count; i++)
        {
            writer.Write(_patients[i]);
            writer.Write(_times[i]);
            writer.Write(_lastMinutes[i]);
            writer.Write(_unexplained[i]);
        }
    }

    public void Read(BinaryReader reader)
    {
        var count = reader.ReadUInt16();
        Resize(count);
        for (var i = 0; i < count; i++)
        {
            var patient = reader.ReadUInt32();
            var (times, minute, unexplained) = (reader.ReadUInt16(), reader.ReadUInt32(), reader.ReadBoolean());
            if (Find(patient) is < 0 and var at)
                Insert(~at, patient, times, minute, unexplained);
        }
    }

    private Visit At(int index) => new(_times[index], _lastMinutes[index], _unexplained[index]);

    /// <summary>The place of a patient; negative: the complement of where it belongs.</summary>
    private int Find(uint patient) => Array.BinarySearch(_patients, 0, Count, patient);

    private void Insert(int at, uint patient, ushort times, uint minute, bool unexplained)
    {
        if (Count == _patients.Length)
            Resize(Math.Max(SmallestRoom, Count + (Count / 4)));
        Array.Copy(_patients, at, _patients, at + 1, Count - at);
        Array.Copy(_lastMinutes, at, _lastMinutes, at + 1, Count - at);
        Array.Copy(_times, at, _times, at + 1, Count - at);
        Array.Copy(_unexplained, at, _unexplained, at + 1, Count - at);
        Set(at, patient, times, minute, unexplained);
        Count++;
    }

    private void Set(int at, uint patient, ushort times, uint minute, bool unexplained) =>
        (_patients[at], _times[at], _lastMinutes[at], _unexplained[at]) = (patient, times, minute, unexplained);

    private void RemoveOldest(int count)
    {
        var oldest = Enumerable.Range(0, Count).OrderBy(i => (_lastMinutes[i], _patients[i])).Take(count).ToHashSet();
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if (!oldest.Contains(i))
                Set(kept++, _patients[i], _times[i], _lastMinutes[i], _unexplained[i]);
        }

        Count = kept;
    }

    private void Resize(int room)
    {
        Array.Resize(ref _patients, room);
        Array.Resize(ref _lastMinutes, room);
        Array.Resize(ref _times, room);
        Array.Resize(ref _unexplained, room);
    }

    /// <summary>What is known of one patient.</summary>
    /// <param name="Times">0: never.</param>
    /// <param name="LastMinute">Minutes since 1970.</param>
    /// <param name="Unexplained">Whether the last access had no care link.</param>
    internal readonly record struct Visit(ushort Times, uint LastMinute, bool Unexplained);
}

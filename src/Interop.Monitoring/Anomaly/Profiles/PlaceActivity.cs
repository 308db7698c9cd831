using System.Numerics;

namespace Interop.Anomaly.Profiles;

/// <summary>
/// How many persons work at each place in the hour, compared with the usual number at this time of day. On the day of a disaster many
/// employees work in the emergency department, and an access that is otherwise odd is ordinary. Bounded.
/// </summary>
internal sealed class PlaceActivity(int limit)
{
    private const float Slow = 0.1f;
    private const float FewPersons = 4;
    private readonly Dictionary<uint, Entry> _places = [];

    /// <summary>Counts the person. Returns how many times more persons than usual are there, at least 1.</summary>
    /// <param name="hour">Hours since 1970.</param>
    public float Add(uint place, uint agent, int hour)
    {
        if (!_places.TryGetValue(place, out var entry))
        {
            if (_places.Count >= limit)
                _places.Remove(_places.MinBy(p => (p.Value.Hour, p.Key)).Key);
            _places[place] = entry = new Entry { Hour = hour };
        }

        if (hour > entry.Hour)
        {
            entry.End();
            (entry.Hour, entry.Bits) = (hour, 0);
        }

        entry.Bits |= 1UL << (int)((agent * 2654435769u) >> 26);
        var usual = entry.Usual[hour % 24];
        // A place without a history has no usual level.
        return usual <= 0 ? 1 : MathF.Max(1, entry.Persons / MathF.Max(usual, FewPersons));
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(_places.Count);
        foreach (var (place, entry) in _places)
        {
            writer.Write(place);
            writer.Write(entry.Hour);
            writer.Write(entry.Bits);
            foreach (var usual in entry.Usual)
                writer.Write((Half)usual);
        }
    }

    public void Read(BinaryReader reader)
    {
        for (int i = 0, count = reader.ReadInt32(); i < count; i++)
        {
            var place = reader.ReadUInt32();
            var entry = new Entry { Hour = reader.ReadInt32(), Bits = reader.ReadUInt64() };
            for (var h = 0; h < entry.Usual.Length; h++)
                entry.Usual[h] = (float)reader.ReadHalf();
            _places[place] = entry;
        }
    }

    private sealed class Entry
    {
        public int Hour { get; set; }

        /// <summary>Linear counting of the hour's persons (Whang et al. 1990).</summary>
        public ulong Bits { get; set; }

        public float[] Usual { get; } = new float[24];

        public float Persons
        {
            get
            {
                var zeros = 64 - BitOperations.PopCount(Bits);
                return zeros == 0 ? 300 : 64 * MathF.Log(64f / zeros);
            }
        }

        public void End()
        {
            var hour = Hour % 24;
            Usual[hour] = Usual[hour] <= 0 ? Persons : Usual[hour] + (Slow * (Persons - Usual[hour]));
        }
    }
}

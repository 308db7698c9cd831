namespace Interop.Anomaly.Profiles;

/// <summary>Counts of the last 60 minutes, by minute.</summary>
internal sealed class RecentHour
{
    private const int Minutes = 60;
    private readonly ushort[] _events = new ushort[Minutes];
    private readonly ushort[] _patients = new ushort[Minutes];
    private readonly ushort[] _unexplained = new ushort[Minutes];
    private readonly ushort[] _failures = new ushort[Minutes];
    private long _minute = long.MinValue;

    /// <summary>Moves on to the minute; a minute of the past changes nothing.</summary>
    public void Advance(long minute)
    {
        if (minute <= _minute)
            return;
        var from = minute - _minute >= Minutes || _minute == long.MinValue ? minute - Minutes : _minute;
        for (var m = from + 1; m <= minute; m++)
            _events[m % Minutes] = _patients[m % Minutes] = _unexplained[m % Minutes] = _failures[m % Minutes] = 0;
        _minute = minute;
    }

    public void Add(bool newPatient, bool unexplained, bool failed)
    {
        var at = _minute % Minutes;
        Increment(ref _events[at]);
        if (newPatient)
            Increment(ref _patients[at]);
        if (newPatient && unexplained)
            Increment(ref _unexplained[at]);
        if (failed)
            Increment(ref _failures[at]);
    }

    public int Events(int minutes) => Sum(_events, minutes);

    public int Patients(int minutes) => Sum(_patients, minutes);

    public int Unexplained(int minutes) => Sum(_unexplained, minutes);

    public int Failures(int minutes) => Sum(_failures, minutes);

    public void Write(BinaryWriter writer)
    {
        writer.Write(_minute);
        var used = _minute == long.MinValue ? 0 : Minutes;
        for (var i = 0; i < used; i++)
        {
            // Most minutes are empty.
            if (_events[i] == 0)
                continue;
            writer.Write((byte)(i + 1));
            writer.Write(_events[i]);
            writer.Write(_patients[i]);
            writer.Write(_unexplained[i]);
            writer.Write(_failures[i]);
        }

        writer.Write((byte)0);
    }

    public void Read(BinaryReader reader)
    {
        _minute = reader.ReadInt64();
        while (reader.ReadByte() is > 0 and <= Minutes and var at)
            (_events[at - 1], _patients[at - 1], _unexplained[at - 1], _failures[at - 1]) = (
                reader.ReadUInt16(),
                reader.ReadUInt16(),
                reader.ReadUInt16(),
                reader.ReadUInt16()
            );
    }

    private int Sum(ushort[] counts, int minutes)
    {
        var sum = 0;
        for (var m = _minute; m > _minute - minutes && m >= 0; m--)
            sum += counts[m % Minutes];
        return sum;
    }

    private static void Increment(ref ushort count)
    {
        if (count < ushort.MaxValue)
            count++;
    }
}

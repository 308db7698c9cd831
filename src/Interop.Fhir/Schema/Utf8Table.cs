using System.Runtime.InteropServices;

namespace Interop.Fhir.Schema;

/// <summary>
/// A fixed table from UTF-8 names to values: the validator looks up every property name and every bound code by its bytes, without creating
/// strings.
/// </summary>
internal sealed class Utf8Table<T>
    where T : class
{
    private readonly Entry[] _entries;
    private readonly int _mask;

    public Utf8Table(IReadOnlyCollection<KeyValuePair<string, T>> items)
    {
        var capacity = 4;
        while (capacity < items.Count * 2)
            capacity *= 2;
        _entries = new Entry[capacity];
        _mask = capacity - 1;
        foreach (var (name, value) in items)
            Add(System.Text.Encoding.UTF8.GetBytes(name), value);
    }

    /// <summary>The value under this name, or null.</summary>
    public T? Find(ReadOnlySpan<byte> name)
    {
        for (var at = Hash(name) & _mask; ; at = (at + 1) & _mask)
        {
            ref readonly var entry = ref _entries[at];
            if (entry.Value is null || name.SequenceEqual(entry.Name))
                return entry.Value;
        }
    }

    private void Add(byte[] name, T value)
    {
        var at = Hash(name) & _mask;
        while (_entries[at].Value is not null)
            at = (at + 1) & _mask;
        _entries[at] = new Entry(name, value);
    }

    // The first and the last bytes usually differ between the names of one type; the comparison decides.
    private static int Hash(ReadOnlySpan<byte> name)
    {
        ulong first = 0,
            last = 0;
        if (name.Length >= 8)
        {
            first = MemoryMarshal.Read<ulong>(name);
            last = MemoryMarshal.Read<ulong>(name[^8..]);
        }
        else
        {
            foreach (var b in name)
                first = (first << 8) | b;
        }

        var hash = ((first * 0x9E3779B97F4A7C15) ^ (last * 0xC2B2AE3D27D4EB4F)) + (ulong)name.Length;
        return (int)((hash ^ (hash >> 29)) * 0x9E3779B97F4A7C15 >> 40);
    }

    private readonly record struct Entry(byte[] Name, T Value);
}

using System.Buffers.Binary;
using System.Text;
using Orleans.Runtime;

namespace Orleans.AdoNet;

/// <summary>
/// A grain's key as the columns of OrleansStorage hold it, the same as Orleans' own provider computes it, so that a database can change
/// engines: a Guid fills N0 and N1, an integer N1, anything else the extension string. A string key that reads as one of the first two is
/// stored as such: "a1" and "A1" are one row.
/// </summary>
internal readonly record struct StorageKey(long N0, long N1, string? Extension, int Hash)
{
    public static StorageKey Of(GrainId grainId)
    {
        if (grainId.TryGetGuidKey(out var guid, out var extension))
        {
            Span<byte> bytes = stackalloc byte[16];
            guid.TryWriteBytes(bytes);
            return new StorageKey(
                BinaryPrimitives.ReadInt64LittleEndian(bytes),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
                extension,
                HashOf(bytes, extension)
            );
        }

        if (grainId.TryGetIntegerKey(out var integer, out extension))
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, integer);
            return new StorageKey(0, integer, extension, HashOf(bytes, extension));
        }

        var key = grainId.Key.ToString();
        return new StorageKey(0, 0, key, HashOf([], key));
    }

    public static int HashOf(string text) => unchecked((int)StableHash.ComputeHash(Encoding.UTF8.GetBytes(text)));

    private static int HashOf(ReadOnlySpan<byte> key, string? extension)
    {
        byte[] all = [.. key, .. Encoding.UTF8.GetBytes(extension ?? "")];
        Array.Reverse(all);
        return unchecked((int)StableHash.ComputeHash(all));
    }
}

using System.Buffers.Binary;
using System.Numerics;

namespace Interop.Storage.Spooling;

/// <summary>A record of a spool.</summary>
/// <param name="Kind">The kind of the payload: <see cref="Dated"/>, whose payload is text, or <see cref="Other"/>.</param>
/// <param name="At">The instant of a dated record.</param>
/// <param name="Payload">The content, at most 4 MiB.</param>
public readonly record struct SpoolRecord(byte Kind, DateTimeOffset At, ReadOnlyMemory<byte> Payload)
{
    /// <summary>A record with an instant.</summary>
    public const byte Dated = 1;

    /// <summary>A record without one.</summary>
    public const byte Other = 2;
}

/// <summary>
/// One record of the spool: the length of its body (32 bits, little-endian), the CRC-32C of that length and the body, then the body.
/// The body is its kind, the instant (UTC ticks; 0 without one) and the payload.
/// </summary>
internal static class SpoolFrame
{
    public const int MaxSize = HeaderSize + MaxBodySize;
    private const int HeaderSize = 2 * sizeof(uint);
    private const int BodyHeaderSize = sizeof(byte) + sizeof(long);
    private const int MaxBodySize = 4 * 1024 * 1024;

    public static void Write(MemoryStream into, SpoolRecord record)
    {
        Span<byte> header = stackalloc byte[HeaderSize + BodyHeaderSize];
        var body = header[HeaderSize..];
        body[0] = record.Kind;
        BinaryPrimitives.WriteInt64LittleEndian(body[1..], record.Kind == SpoolRecord.Dated ? record.At.UtcTicks : 0);
        BinaryPrimitives.WriteInt32LittleEndian(header, BodyHeaderSize + record.Payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(
            header[sizeof(uint)..],
            Crc(Crc(Crc(uint.MaxValue, header[..sizeof(uint)]), body), record.Payload.Span)
        );
        into.Write(header);
        into.Write(record.Payload.Span);
    }

    /// <summary>The length of the sound frame that begins here; 0: none does.</summary>
    public static int Measure(ReadOnlySpan<byte> data)
    {
        if (data.Length < HeaderSize)
            return 0;
        var length = BinaryPrimitives.ReadInt32LittleEndian(data);
        if (length < BodyHeaderSize || length > MaxBodySize || data.Length - HeaderSize < length)
            return 0;
        var crc = Crc(Crc(uint.MaxValue, data[..sizeof(uint)]), data.Slice(HeaderSize, length));
        return crc == BinaryPrimitives.ReadUInt32LittleEndian(data[sizeof(uint)..]) ? HeaderSize + length : 0;
    }

    /// <summary>The position of the first sound frame; -1: there is none.</summary>
    public static int Find(ReadOnlySpan<byte> data)
    {
        for (var at = 0; at + HeaderSize + BodyHeaderSize <= data.Length; at++)
        {
            // The checksum of every position would take too long: most positions have no kind, or no payload behind it.
            var kind = data[at + HeaderSize];
            var mayBegin = kind == SpoolRecord.Other || (kind == SpoolRecord.Dated && data[at + HeaderSize + BodyHeaderSize - 1] < 0x30);
            if (mayBegin && Measure(data[at..]) > 0)
                return at;
        }

        return -1;
    }

    /// <summary>Whether the data begin like a frame whose end is missing, or consist of zeros, as after a process that was killed during a
    /// write.</summary>
    public static bool IsIncomplete(ReadOnlySpan<byte> data)
    {
        if (data.Length < HeaderSize || !data.ContainsAnyExcept((byte)0))
            return true;
        var length = BinaryPrimitives.ReadInt32LittleEndian(data);
        return length >= BodyHeaderSize && length <= MaxBodySize && data.Length - HeaderSize < length;
    }

    /// <summary>The record of a sound frame.</summary>
    public static SpoolRecord Read(ReadOnlyMemory<byte> frame)
    {
        var body = frame[HeaderSize..];
        var ticks = BinaryPrimitives.ReadInt64LittleEndian(body.Span[1..]);
        return new SpoolRecord(body.Span[0], new DateTimeOffset(ticks, TimeSpan.Zero), body[BodyHeaderSize..]);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        while (data.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[sizeof(ulong)..];
        }

        foreach (var one in data)
            crc = BitOperations.Crc32C(crc, one);
        return crc;
    }
}

using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Interop.Telemetry.Events;

namespace Interop.Telemetry.Spooling;

/// <summary>
/// One record of the spool: the length of its body (32 bits, little-endian), the CRC-32C of that length and the body, then the body.
/// The body is its kind, the instant of arrival (UTC ticks), and an event's payload, or a reject's reason, event id and raw text, each with
/// its length.
/// </summary>
internal static class SpoolFrame
{
    public const int MaxSize = HeaderSize + MaxBodySize;
    private const int HeaderSize = 2 * sizeof(uint);
    private const int BodyHeaderSize = sizeof(byte) + sizeof(long);
    private const int MaxBodySize = 4 * 1024 * 1024;
    private const byte EventKind = 1;
    private const byte RejectKind = 2;

    public static void Write(MemoryStream into, TelemetryEvent one)
    {
        Span<byte> header = stackalloc byte[HeaderSize + BodyHeaderSize];
        var body = header[HeaderSize..];
        body[0] = EventKind;
        BinaryPrimitives.WriteInt64LittleEndian(body[1..], one.ReceivedAt.UtcTicks);
        BinaryPrimitives.WriteInt32LittleEndian(header, BodyHeaderSize + one.Raw.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(
            header[sizeof(uint)..],
            Crc(Crc(Crc(uint.MaxValue, header[..sizeof(uint)]), body), one.Raw.Span)
        );
        into.Write(header);
        into.Write(one.Raw.Span);
    }

    public static void Write(MemoryStream into, Reject reject)
    {
        using var body = new MemoryStream();
        using (var writer = new BinaryWriter(body, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(RejectKind);
            writer.Write(0L);
            writer.Write(reject.Reason);
            writer.Write(reject.EventId ?? "");
            writer.Write(reject.Raw);
        }

        Span<byte> header = stackalloc byte[HeaderSize];
        var bytes = body.GetBuffer().AsSpan(0, (int)body.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header, bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[sizeof(uint)..], Crc(Crc(uint.MaxValue, header[..sizeof(uint)]), bytes));
        into.Write(header);
        into.Write(bytes);
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
            var mayBegin = kind == RejectKind || (kind == EventKind && data[at + HeaderSize + BodyHeaderSize - 1] < 0x30);
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

    /// <summary>Adds the event or reject of a sound frame. An event that this version's parser does not accept becomes a reject.</summary>
    public static void Read(ReadOnlyMemory<byte> frame, List<TelemetryEvent> events, List<Reject> rejects)
    {
        var body = frame[HeaderSize..];
        if (body.Span[0] == RejectKind)
        {
            using var reader = new BinaryReader(new MemoryStream(body[BodyHeaderSize..].ToArray()), Encoding.UTF8);
            var (reason, eventId) = (reader.ReadString(), reader.ReadString());
            rejects.Add(new Reject(reason, eventId.Length == 0 ? null : eventId, reader.ReadString()));
            return;
        }

        var receivedAt = new DateTimeOffset(BinaryPrimitives.ReadInt64LittleEndian(body.Span[1..]), TimeSpan.Zero);
        var parsed = EventParser.Parse(body[BodyHeaderSize..].ToArray(), receivedAt);
        foreach (var (_, one) in parsed.Events)
            events.Add(one);
        foreach (var (_, reject) in parsed.Refused ?? [])
            rejects.Add(reject);
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

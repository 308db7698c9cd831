using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Interop.Telemetry.Events;

namespace Interop.Telemetry.Spooling;

/// <summary>
/// A record as the spool has it: the length of its body (32 bits, little-endian), the CRC-32C of that length and the body, then the body:
/// its kind, the instant it came (UTC ticks), and an event's payload or a reject's reason, event id and raw text, each with its length.
/// </summary>
internal static class SpoolFrame
{
    public const int HeaderSize = 2 * sizeof(uint);
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
        BinaryPrimitives.WriteUInt32LittleEndian(header[sizeof(uint)..], Crc(Crc(Crc(uint.MaxValue, header[..sizeof(uint)]), body), one.Raw.Span));
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

    /// <summary>The length of the whole frame that begins here; 0: no whole and sound frame does.</summary>
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

    /// <summary>Takes a sound frame apart.</summary>
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
        foreach (var (_, one) in EventParser.Parse(body[BodyHeaderSize..].ToArray(), receivedAt).Events)
            events.Add(one);
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

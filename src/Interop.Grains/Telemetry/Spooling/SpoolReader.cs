using Interop.Telemetry.Events;

namespace Interop.Telemetry.Spooling;

/// <summary>Records of one segment, up to a position in it.</summary>
/// <param name="End">The position behind the last of them.</param>
internal sealed record SpoolChunk(SpoolSegment Segment, long End, IReadOnlyList<TelemetryEvent> Events, IReadOnlyList<Reject> Rejects);

/// <summary>Takes frames out of a segment's bytes.</summary>
internal static class SpoolReader
{
    /// <summary>More than the longest frame.</summary>
    public const int ChunkBytes = 8 * 1024 * 1024;

    // What a drain takes at a time fits in nearly always.
    private const int UsualBytes = 1024 * 1024;

    /// <summary>The length of the whole, sound frames at the beginning.</summary>
    public static int SoundLength(ReadOnlySpan<byte> data)
    {
        var at = 0;
        while (SpoolFrame.Measure(data[at..]) is > 0 and var length)
            at += length;
        return at;
    }

    /// <summary>The next records of a segment that the database does not have yet.</summary>
    /// <exception cref="IOException">What was sound on the disk is not any more.</exception>
    public static SpoolChunk Read(SpoolSegment segment, int maxEvents)
    {
        var start = segment.Drained;
        ReadOnlyMemory<byte> data = segment.Read(start, UsualBytes);
        if (SpoolFrame.Measure(data.Span) == 0)
            data = segment.Read(start, ChunkBytes);
        var (events, rejects, at) = (new List<TelemetryEvent>(), new List<Reject>(), 0);
        while (events.Count + rejects.Count < maxEvents && SpoolFrame.Measure(data.Span[at..]) is > 0 and var length)
        {
            SpoolFrame.Read(data.Slice(at, length), events, rejects);
            at += length;
        }

        return at > 0 ? new SpoolChunk(segment, start + at, events, rejects)
            : throw new IOException($"The spool file {segment.Path} cannot be read on from byte {start}: the disk has lost what it had");
    }
}

using System.Text;
using Interop.Storage.Spooling;
using Interop.Telemetry.Events;
using Microsoft.Extensions.Logging;

namespace Interop.Telemetry.Spooling;

/// <summary>The events and rejects of one segment up to a position.</summary>
/// <param name="End">The position after the last of them.</param>
internal sealed record EventChunk(SpoolSegment Segment, long End, IReadOnlyList<TelemetryEvent> Events, IReadOnlyList<Reject> Rejects);

/// <summary>The accepted events that are kept on the disk while the database is slow or down, and the rejects among them.</summary>
internal sealed class Spool : IDisposable
{
    private readonly Lock _gate = new();
    private readonly RecordSpool _records;
    private readonly int _maxRejects;
    private long _rejects;

    /// <param name="options">The settings of telemetry.</param>
    /// <param name="log">The log of the spool.</param>
    /// <param name="open">Opens the files; null: on the disk.</param>
    /// <exception cref="IOException">The folder cannot be used, or another process uses it.</exception>
    public Spool(TelemetryOptions options, ILogger<Spool> log, Func<string, FileMode, SpoolFile>? open = null)
    {
        _maxRejects = options.MaxRejects;
        _records = new RecordSpool(
            options.SpoolDirectory,
            options.MaxSpoolMebibytes * 1024L * 1024,
            log,
            TelemetryMetrics.SpoolDamaged,
            open
        );
        Measure();
    }

    /// <summary>Whether the database has everything that was added.</summary>
    public bool IsEmpty => _records.IsEmpty;

    /// <summary>The bytes that the database does not have yet.</summary>
    public long Bytes => _records.Bytes;

    /// <summary>Adds the records in one write and waits until they are on the disk. Rejects beyond the number that the database keeps are
    /// dropped.</summary>
    /// <returns>The position after the last record; null: there is no room, and none was added.</returns>
    /// <exception cref="IOException">The disk failed, and none was added.</exception>
    public SpoolPosition? Append(IReadOnlyList<TelemetryEvent> events, IReadOnlyList<Reject> rejects)
    {
        lock (_gate)
        {
            var kept = (int)Math.Min(rejects.Count, _maxRejects - _rejects);
            TelemetryMetrics.Count("reject_dropped", rejects.Count - kept);
            var position = _records.Append(events.Select(Record).Concat(rejects.Take(kept).Select(Record)));
            if (position is not null)
                _rejects += kept;
            Measure();
            return position;
        }
    }

    /// <summary>The oldest records, at most this many; null: there are none. An event that this version's parser does not accept becomes a
    /// reject.</summary>
    /// <exception cref="IOException">The disk cannot be read.</exception>
    public EventChunk? Read(int maxRecords)
    {
        if (_records.Read(maxRecords) is not { } chunk)
            return null;
        var (events, rejects) = (new List<TelemetryEvent>(chunk.Records.Count), new List<Reject>());
        foreach (var record in chunk.Records)
        {
            if (record.Kind == SpoolRecord.Other)
            {
                rejects.Add(ReadReject(record));
                continue;
            }
            var parsed = EventParser.Parse(record.Payload.ToArray(), record.At);
            foreach (var (_, one) in parsed.Events)
                events.Add(one);
            foreach (var (_, reject) in parsed.Refused ?? [])
                rejects.Add(reject);
        }

        return new EventChunk(chunk.Segment, chunk.End, events, rejects);
    }

    /// <summary>Reports that the database has everything up to this position. Files of which it has all records are deleted.</summary>
    public void Release(SpoolSegment segment, long end)
    {
        lock (_gate)
        {
            _records.Release(segment, end);
            if (_records.IsEmpty)
                _rejects = 0;
            Measure();
        }
    }

    public void Dispose() => _records.Dispose();

    private void Measure() => TelemetryMetrics.SpoolHolds(_records.Bytes);

    private static SpoolRecord Record(TelemetryEvent one) => new(SpoolRecord.Dated, one.ReceivedAt, one.Raw);

    private static SpoolRecord Record(Reject reject)
    {
        using var body = new MemoryStream();
        using (var writer = new BinaryWriter(body, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(reject.Reason);
            writer.Write(reject.EventId ?? "");
            writer.Write(reject.Raw);
        }

        return new SpoolRecord(SpoolRecord.Other, default, body.ToArray());
    }

    private static Reject ReadReject(SpoolRecord record)
    {
        using var reader = new BinaryReader(new MemoryStream(record.Payload.ToArray()), Encoding.UTF8);
        var (reason, eventId) = (reader.ReadString(), reader.ReadString());
        return new Reject(reason, eventId.Length == 0 ? null : eventId, reader.ReadString());
    }
}

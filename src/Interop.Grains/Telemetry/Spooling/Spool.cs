using System.Globalization;
using Interop.Telemetry.Events;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Telemetry.Spooling;

/// <summary>
/// Where events wait, in order and on the disk, for a database that is slow or gone: numbered files in one folder, which belongs to one
/// process at a time. One thread adds, another takes away.
/// </summary>
internal sealed partial class Spool : IDisposable
{
    private const string Extension = ".spool";
    private const long SegmentBytes = 32 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<SpoolSegment> _segments = new();
    private readonly MemoryStream _frames = new();
    private readonly string _directory;
    private readonly long _maxBytes;
    private readonly FileStream _owner;
    private SpoolSegment? _last;
    private long _number;

    /// <exception cref="IOException">The folder cannot be used, or another process uses it.</exception>
    public Spool(IOptions<TelemetryOptions> options, ILogger<Spool> log)
    {
        _directory = Path.GetFullPath(options.Value.SpoolDirectory);
        _maxBytes = options.Value.MaxSpoolMebibytes * 1024L * 1024;
        Directory.CreateDirectory(_directory);
        _owner = Own(Path.Combine(_directory, "owner"));
        foreach (var path in Directory.GetFiles(_directory, "*" + Extension).Order(StringComparer.Ordinal))
        {
            var (segment, cut) = SpoolSegment.Recover(path);
            if (cut > 0)
                LogCut(log, path, cut);
            _number = Math.Max(_number, long.Parse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture));
            _segments.Enqueue(segment);
            Bytes += segment.Length;
        }

        DropDrained();
        if (Bytes > 0)
            LogFound(log, Bytes, _directory);
    }

    /// <summary>Whether everything that was ever added is in the database.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _segments.Count == 0;
        }
    }

    /// <summary>What waits.</summary>
    public long Bytes { get; private set; }

    /// <summary>Adds the records in one write and waits until they are on the disk.</summary>
    /// <returns>Where they end; null: there is no room for all of them, and none was added.</returns>
    /// <exception cref="IOException">The disk failed: nobody may be told that they are kept.</exception>
    public SpoolPosition? Append(IReadOnlyList<TelemetryEvent> events, IReadOnlyList<Reject> rejects)
    {
        _frames.SetLength(0);
        foreach (var one in events)
            SpoolFrame.Write(_frames, one);
        foreach (var reject in rejects)
            SpoolFrame.Write(_frames, reject);
        lock (_gate)
        {
            if (Bytes + _frames.Length > _maxBytes)
                return null;
            if (_last is null or { IsSealed: true } or { Length: >= SegmentBytes })
                Begin();
            _last!.Append(_frames.GetBuffer().AsSpan(0, (int)_frames.Length));
            Bytes += _frames.Length;
            return new SpoolPosition(_last, _last.Length);
        }
    }

    /// <summary>The oldest records that wait; null: none do.</summary>
    public SpoolChunk? Read(int maxEvents)
    {
        SpoolSegment segment;
        lock (_gate)
        {
            if (_segments.Count == 0)
                return null;
            segment = _segments.Peek();
        }

        return SpoolReader.Read(segment, maxEvents);
    }

    /// <summary>The database has everything up to here; files that it has whole are deleted.</summary>
    public void Release(SpoolSegment segment, long end)
    {
        lock (_gate)
        {
            if (end <= segment.Drained)
                return; // somebody else was quicker
            Bytes -= end - segment.Drained;
            segment.Drained = end;
            DropDrained();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var segment in _segments)
                segment.Dispose();
            _segments.Clear();
        }

        _owner.Dispose();
        _frames.Dispose();
    }

    private void Begin()
    {
        if (_last is not null)
            _last.IsSealed = true;
        _last = SpoolSegment.Create(Path.Combine(_directory, (++_number).ToString("D19", CultureInfo.InvariantCulture) + Extension));
        _segments.Enqueue(_last);
    }

    private void DropDrained()
    {
        var dropped = false;
        while (_segments.TryPeek(out var first) && first.Drained == first.Length)
        {
            _segments.Dequeue();
            first.Delete();
            if (first == _last)
                _last = null;
            dropped = true;
        }

        // A name that comes back after a power failure brings events that are known already: harmless, but not for ever.
        if (dropped)
            DurableDirectory.Flush(_directory);
    }

    private static FileStream Own(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IOException($"Another process uses {Path.GetDirectoryName(path)}: give each process an INTEROP_DATA of its own ({e.Message})", e);
        }
    }

    [LoggerMessage(4101, LogLevel.Warning, "{Path}: {Bytes} bytes at the end were not completely written, and so never promised; cut off")]
    private static partial void LogCut(ILogger log, string path, long bytes);

    [LoggerMessage(4102, LogLevel.Information, "{Bytes} bytes of events wait in {Directory}")]
    private static partial void LogFound(ILogger log, long bytes, string directory);
}

/// <summary>A place in the spool.</summary>
internal sealed record SpoolPosition(SpoolSegment Segment, long End);

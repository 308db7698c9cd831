using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Interop.Storage.Spooling;

/// <summary>
/// Files on the local disk that hold records, in order, until the database has them: numbered segments in one folder, which belongs to one
/// process at a time.
/// </summary>
public sealed partial class RecordSpool : IDisposable
{
    private const string Extension = ".spool";
    private const long SegmentBytes = 32 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<SpoolSegment> _segments = new();
    private readonly MemoryStream _frames = new();
    private readonly Func<string, FileMode, SpoolFile> _open;
    private readonly ILogger _log;
    private readonly string _directory;
    private readonly long _maxBytes;
    private readonly Action<long> _damaged;
    private readonly FileStream _owner;
    private SpoolSegment? _last;
    private long _number;
    private long _bytes;

    /// <param name="directory">The folder.</param>
    /// <param name="maxBytes">The largest size of the records that the database does not have.</param>
    /// <param name="log">The log of the spool.</param>
    /// <param name="damaged">Takes the length of every damaged range that is found.</param>
    /// <param name="open">Opens the files; null: on the disk.</param>
    /// <exception cref="IOException">The folder cannot be used, or another process uses it.</exception>
    public RecordSpool(
        string directory,
        long maxBytes,
        ILogger log,
        Action<long>? damaged = null,
        Func<string, FileMode, SpoolFile>? open = null
    )
    {
        _open = open ?? SpoolFile.Open;
        _damaged = damaged ?? (_ => { });
        _log = log;
        _directory = Path.GetFullPath(directory);
        _maxBytes = maxBytes;
        DurableDirectory.Create(_directory);
        _owner = Own(Path.Combine(_directory, "owner"));
        try
        {
            Recover();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether the database has everything that was added.</summary>
    public bool IsEmpty => Bytes == 0;

    /// <summary>The bytes that the database does not have yet.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Adds the records in one write and waits until they are on the disk.</summary>
    /// <returns>The position after the last record; null: there is no room, and none was added.</returns>
    /// <exception cref="IOException">The disk failed, and none was added.</exception>
    public SpoolPosition? Append(IEnumerable<SpoolRecord> records)
    {
        lock (_gate)
        {
            _frames.SetLength(0);
            foreach (var record in records)
                SpoolFrame.Write(_frames, record);
            if (_bytes + _frames.Length > _maxBytes)
                return null;
            if (_last is null or { IsSealed: true } or { Length: >= SegmentBytes })
                Begin();
            try
            {
                _last!.Append(_frames.GetBuffer().AsSpan(0, (int)_frames.Length));
            }
            catch (IOException)
            {
                DropDrained(); // the file, if nothing is left in it
                throw;
            }

            AddBytes(_frames.Length);
            return new SpoolPosition(_last, _last.Length);
        }
    }

    /// <summary>The oldest records, at most this many; null: there are none.</summary>
    /// <exception cref="IOException">The disk cannot be read.</exception>
    public SpoolChunk? Read(int maxRecords)
    {
        SpoolSegment? segment;
        lock (_gate)
        {
            if (!_segments.TryPeek(out segment))
                return null;
        }

        return segment.Read(maxRecords, LogDamage);
    }

    /// <summary>Reports that the database has everything up to this position. Files of which it has all records are deleted.</summary>
    public void Release(SpoolSegment segment, long end)
    {
        lock (_gate)
        {
            if (end <= segment.Drained)
                return; // it was released before
            var drained = end - segment.Drained;
            segment.Drained = end;
            DropDrained();
            AddBytes(-drained);
        }
    }

    /// <inheritdoc/>
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

    private void Recover()
    {
        SpoolSegment? last = null;
        foreach (var path in Directory.GetFiles(_directory, "*" + Extension).Order(StringComparer.Ordinal))
        {
            if (!long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                continue; // no file of the spool
            _number = Math.Max(_number, number);
            _segments.Enqueue(last = SpoolSegment.Open(path, _open));
        }

        if (last?.CutIncompleteEnd() is > 0 and var cut)
            LogCut(last.Path, cut);
        AddBytes(_segments.Sum(s => s.Length));

        DropDrained();
        if (Directory.GetFiles(_directory, "*" + SpoolSegment.DamagedExtension).Length is > 0 and var damaged)
            LogKept(damaged, _directory);
        if (_bytes > 0)
            LogFound(_bytes, _directory);
    }

    private void Begin()
    {
        if (_last is not null)
            _last.IsSealed = true;
        _last = SpoolSegment.Create(Path.Combine(_directory, (++_number).ToString("D19", CultureInfo.InvariantCulture) + Extension), _open);
        _segments.Enqueue(_last);
    }

    private void AddBytes(long bytes) => Volatile.Write(ref _bytes, _bytes + bytes);

    /// <summary>Removes the files whose records are all in the database.</summary>
    private void DropDrained()
    {
        var dropped = false;
        while (_segments.TryPeek(out var first) && first.Drained == first.Length && (first != _last || first.IsSealed || first.Length > 0))
        {
            _segments.Dequeue();
            if (first == _last)
                _last = null;
            dropped = true;
            try
            {
                first.Delete();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogNotDeleted(e, first.Path);
            }
        }

        if (!dropped)
            return;
        try
        {
            DurableDirectory.Flush(_directory);
        }
        catch (IOException e)
        {
            LogNotDeleted(e, _directory); // after a power failure the file may be back; its records are known, and are not stored twice
        }
    }

    private static FileStream Own(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IOException(
                $"Another process uses {Path.GetDirectoryName(path)}: give each process an INTEROP_DATA of its own ({e.Message})",
                e
            );
        }
    }

    private void LogDamage(SpoolDamage damage)
    {
        _damaged(damage.Bytes);
        LogDamaged(damage.Path, damage.Start, damage.End, damage.Path + SpoolSegment.DamagedExtension);
    }

    [LoggerMessage(
        4101,
        LogLevel.Warning,
        "{Path}: the last {Bytes} bytes were not completely written, so they were never confirmed to a sender; they are cut off"
    )]
    private partial void LogCut(string path, long bytes);

    [LoggerMessage(4102, LogLevel.Information, "{Directory} holds {Bytes} bytes for the database")]
    private partial void LogFound(long bytes, string directory);

    [LoggerMessage(
        4103,
        LogLevel.Error,
        "{Path}: bytes {Start} to {End} are damaged; accepted records may be lost. The frames behind them are stored. The file will be kept as {KeptAs}"
    )]
    private partial void LogDamaged(string path, long start, long end, string keptAs);

    [LoggerMessage(4104, LogLevel.Warning, "{Count} damaged spool files are in {Directory}: examine them, then delete them")]
    private partial void LogKept(int count, string directory);

    [LoggerMessage(4105, LogLevel.Warning, "The spool could not delete {Path}, whose records are in the database")]
    private partial void LogNotDeleted(Exception e, string path);
}

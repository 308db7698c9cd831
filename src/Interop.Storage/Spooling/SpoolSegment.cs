namespace Interop.Storage.Spooling;

/// <summary>A place in the spool.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="End">The position behind a record.</param>
public sealed record SpoolPosition(SpoolSegment Segment, long End);

/// <summary>The records of one segment up to a position.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="End">The position after the last of them.</param>
/// <param name="Records">The records.</param>
public sealed record SpoolChunk(SpoolSegment Segment, long End, IReadOnlyList<SpoolRecord> Records);

/// <summary>A range of a file that holds no sound frame.</summary>
internal sealed record SpoolDamage(string Path, long Start, long End)
{
    public long Bytes => End - Start;
}

/// <summary>One file of the spool. Frames are written at its end and read from its beginning.</summary>
public sealed class SpoolSegment : IDisposable
{
    /// <summary>The ending of the name of a file that is kept because parts of it could not be read.</summary>
    public const string DamagedExtension = ".damaged";

    private const int ChunkBytes = 2 * SpoolFrame.MaxSize;
    private const int UsualBytes = 1024 * 1024; // usually enough for what the drain reads at once
    private readonly SpoolFile _file;
    private long _reportedTo; // 0: no damage was found

    private SpoolSegment(string path, SpoolFile file, long length)
    {
        Path = path;
        _file = file;
        Length = length;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The end of the frames that are on the disk.</summary>
    public long Length { get; private set; }

    /// <summary>The end of the frames that are in the database.</summary>
    internal long Drained { get; set; }

    /// <summary>No frames are added any more.</summary>
    internal bool IsSealed { get; set; }

    /// <summary>Creates a file. Its name is durable.</summary>
    internal static SpoolSegment Create(string path, Func<string, FileMode, SpoolFile> open)
    {
        var file = open(path, FileMode.CreateNew);
        try
        {
            DurableDirectory.Flush(System.IO.Path.GetDirectoryName(path)!);
            return new SpoolSegment(path, file, 0);
        }
        catch
        {
            file.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Opens a file that another process left.</summary>
    internal static SpoolSegment Open(string path, Func<string, FileMode, SpoolFile> open)
    {
        var file = open(path, FileMode.Open);
        return new SpoolSegment(path, file, file.Length) { IsSealed = true };
    }

    /// <summary>Cuts off an incomplete frame at the end. The killed process had not confirmed its events to a sender.</summary>
    /// <returns>How many bytes were cut.</returns>
    internal long CutIncompleteEnd()
    {
        var sound = FindSoundEnd();
        var cut = Length - sound;
        if (cut == 0 || !SpoolFrame.IsIncomplete(Bytes(sound, SpoolFrame.MaxSize)))
            return 0;
        _file.Truncate(sound);
        Length = sound;
        return cut;
    }

    /// <summary>Adds whole frames and waits until they are on the disk.</summary>
    /// <exception cref="IOException">None of them was added, and none can be added to this file any more.</exception>
    internal void Append(ReadOnlySpan<byte> frames)
    {
        try
        {
            _file.Write(frames, Length);
            Length += frames.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // After a failed flush the content of the disk is unknown. What follows goes to another file.
            IsSealed = true;
            RemoveUnfinishedWrite();
            throw new IOException($"The spool file {Path} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>The next records that the database does not have, at most so many. Ranges that hold no sound frame are skipped and
    /// reported.</summary>
    /// <returns>Null: nothing is left.</returns>
    internal SpoolChunk? Read(int maxRecords, Action<SpoolDamage> damaged)
    {
        var records = new List<SpoolRecord>();
        var at = Drained;
        ReadOnlyMemory<byte> data = Bytes(at, UsualBytes);
        var offset = 0;
        while (at < Length && records.Count < maxRecords)
        {
            if (SpoolFrame.Measure(data.Span[offset..]) is > 0 and var length)
            {
                records.Add(SpoolFrame.Read(data.Slice(offset, length)));
                at += length;
                offset += length;
            }
            else if (records.Count > 0 && offset > 0)
            {
                break; // the next call begins here, with more bytes or at the damage
            }
            else
            {
                var next = FindNext(at) ?? Length;
                if (next > at && at >= _reportedTo)
                {
                    damaged(new SpoolDamage(Path, at, next));
                    _reportedTo = next;
                }

                at = next;
                (data, offset) = (Bytes(at, ChunkBytes), 0);
            }
        }

        return at > Drained ? new SpoolChunk(this, at, records) : null;
    }

    /// <summary>Deletes the file, because the database has its records. A damaged file gets another name instead.</summary>
    internal void Delete()
    {
        _file.Dispose();
        if (_reportedTo > 0)
            File.Move(Path, Path + DamagedExtension, overwrite: true);
        else
            File.Delete(Path);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void RemoveUnfinishedWrite()
    {
        try
        {
            _file.Truncate(Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The bytes stay behind Length, where they are not read. After a restart they are cut off or stored: a refused record that is
            // stored does no harm.
        }
    }

    /// <summary>The end of the last sound frame.</summary>
    private long FindSoundEnd()
    {
        var sound = 0L;
        for (long? at = 0; at < Length; at = FindNext(sound))
        {
            var data = Bytes(at.Value, ChunkBytes);
            sound = at.Value;
            while (SpoolFrame.Measure(data.AsSpan((int)(sound - at.Value))) is > 0 and var length)
                sound += length;
        }

        return sound;
    }

    /// <summary>The start of the first sound frame at the position or behind it; null: there is none.</summary>
    private long? FindNext(long position)
    {
        while (position < Length)
        {
            var data = Bytes(position, ChunkBytes);
            if (SpoolFrame.Find(data) is >= 0 and var found)
                return position + found;
            if (position + data.Length >= Length)
                return null;
            position += data.Length - SpoolFrame.MaxSize; // a frame that begins in the second half may end behind what was read
        }

        return null;
    }

    /// <summary>Bytes that the file does not have are zeros here, which are no frame.</summary>
    private byte[] Bytes(long position, int count)
    {
        var buffer = new byte[(int)Math.Min(count, Length - position)];
        _file.Read(buffer, position);
        return buffer;
    }
}

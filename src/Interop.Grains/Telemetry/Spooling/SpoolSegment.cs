using Microsoft.Win32.SafeHandles;

namespace Interop.Telemetry.Spooling;

/// <summary>One file of the spool, written at its end and read from its beginning.</summary>
internal sealed class SpoolSegment : IDisposable
{
    private readonly SafeFileHandle _file;

    private SpoolSegment(string path, SafeFileHandle file, long length)
    {
        Path = path;
        _file = file;
        Length = length;
    }

    public string Path { get; }

    /// <summary>Whole frames that are on the disk.</summary>
    public long Length { get; private set; }

    /// <summary>Of those, what the database has.</summary>
    public long Drained { get; set; }

    /// <summary>Nothing is added any more.</summary>
    public bool IsSealed { get; set; }

    /// <summary>A new file, its name durable.</summary>
    public static SpoolSegment Create(string path)
    {
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, FileOptions.None);
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

    /// <summary>A file that another process left behind; what was being written when it died is cut off.</summary>
    /// <returns>The segment and how many bytes were cut.</returns>
    public static (SpoolSegment Segment, long Cut) Recover(string path)
    {
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, FileOptions.None);
        var size = RandomAccess.GetLength(file);
        var segment = new SpoolSegment(path, file, size) { IsSealed = true };
        var sound = 0L;
        while (segment.Read(sound, SpoolReader.ChunkBytes) is { Length: > 0 } chunk && SpoolReader.SoundLength(chunk) is > 0 and var length)
            sound += length;
        if (sound < size)
        {
            RandomAccess.SetLength(file, sound);
            RandomAccess.FlushToDisk(file);
        }

        segment.Length = sound;
        return (segment, size - sound);
    }

    /// <summary>Adds whole frames and waits until they are on the disk.</summary>
    /// <exception cref="IOException">They may be there or not; nothing more is added to this file.</exception>
    public void Append(ReadOnlySpan<byte> frames)
    {
        try
        {
            RandomAccess.Write(_file, frames, Length);
            RandomAccess.FlushToDisk(_file);
            Length += frames.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // After a failed flush nobody knows what the disk has: what follows goes to another file.
            IsSealed = true;
            throw new IOException($"The spool file {Path} takes no more: {e.Message}", e);
        }
    }

    /// <summary>What lies at the position, up to so many bytes.</summary>
    public byte[] Read(long position, int count)
    {
        var buffer = new byte[(int)Math.Min(count, Length - position)];
        var read = 0;
        while (read < buffer.Length && RandomAccess.Read(_file, buffer.AsSpan(read), position + read) is > 0 and var more)
            read += more;
        return read == buffer.Length ? buffer : buffer[..read];
    }

    /// <summary>Its content is in the database.</summary>
    public void Delete()
    {
        _file.Dispose();
        File.Delete(Path);
    }

    public void Dispose() => _file.Dispose();
}

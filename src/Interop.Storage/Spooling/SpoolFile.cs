using Microsoft.Win32.SafeHandles;

namespace Interop.Storage.Spooling;

/// <summary>An open file of the spool. Tests derive from it to make the disk fail.</summary>
public class SpoolFile : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly SafeFileHandle _handle;

    /// <summary>Opens the file. A new file is readable by its owner only.</summary>
    protected SpoolFile(string path, FileMode mode)
    {
        _handle = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.Read);
        if (mode == FileMode.CreateNew && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(_handle, OwnerOnly); // the file is still empty
    }

    /// <summary>The length of the file.</summary>
    public long Length => RandomAccess.GetLength(_handle);

    /// <summary>Opens a file on the disk.</summary>
    public static SpoolFile Open(string path, FileMode mode) => new(path, mode);

    /// <summary>Writes the bytes at the position and waits until they are on the disk.</summary>
    public virtual void Write(ReadOnlySpan<byte> bytes, long position)
    {
        RandomAccess.Write(_handle, bytes, position);
        RandomAccess.FlushToDisk(_handle);
    }

    /// <summary>Cuts the file to this length.</summary>
    public virtual void Truncate(long length)
    {
        RandomAccess.SetLength(_handle, length);
        RandomAccess.FlushToDisk(_handle);
    }

    /// <summary>Fills the buffer from the position, as far as the file goes.</summary>
    public virtual int Read(Span<byte> buffer, long position)
    {
        var read = 0;
        while (read < buffer.Length && RandomAccess.Read(_handle, buffer[read..], position + read) is > 0 and var more)
            read += more;
        return read;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _handle.Dispose();
        GC.SuppressFinalize(this);
    }
}

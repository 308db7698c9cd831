using System.Runtime.InteropServices;

namespace Interop.Storage.Files;

/// <summary>
/// Creates files and folders that only the user of this process may read: they hold patient data. On Unix the mode is 0600 for a file and
/// 0700 for a folder, whatever the umask. Files and folders that exist keep their mode. Windows has no such modes; there the folder's own
/// access list applies.
/// </summary>
public static class PrivateFiles
{
    private const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode PrivateFolder = PrivateFile | UnixFileMode.UserExecute;

    /// <summary>Creates the folder and those above it that do not exist.</summary>
    /// <exception cref="IOException">A file has the folder's name, or the disk failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder above refuses it.</exception>
    public static DirectoryInfo CreateFolder(string path)
    {
        var folder = new DirectoryInfo(path);
        if (folder.Exists)
            return folder;
        if (OperatingSystem.IsWindows())
            return Directory.CreateDirectory(path);
        // .NET gives the mode to the last folder only.
        if (folder.Parent is { Exists: false } parent)
            CreateFolder(parent.FullName);
        return Directory.CreateDirectory(path, PrivateFolder);
    }

    /// <summary>Opens a file as <see cref="FileStream"/> does; a file that it creates is private.</summary>
    /// <param name="path">The file. Its folder must exist.</param>
    /// <param name="options">How to open it. A Unix mode that is set here is replaced.</param>
    public static FileStream Open(string path, FileStreamOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!OperatingSystem.IsWindows() && options.Mode is not (FileMode.Open or FileMode.Truncate))
            options.UnixCreateMode = PrivateFile;
        return new FileStream(path, options);
    }

    /// <summary>Creates a file for writing, or empties the one that exists.</summary>
    public static FileStream Create(string path) =>
        Open(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                Share = FileShare.Read,
            }
        );

    /// <summary>
    /// Creates a file with this content where there is none. When several processes create it at the same time, the first one wins, and all
    /// of them read its content afterwards. No process sees a part of the file.
    /// </summary>
    /// <exception cref="IOException">The file cannot be created.</exception>
    public static void CreateOnce(string path, ReadOnlySpan<byte> content)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}";
        using (var file = Open(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write }))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        try
        {
            Publish(temporary, path);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Creates an empty file where there is none, for a library that opens it by its path.</summary>
    public static void CreateIfMissing(string path)
    {
        if (!File.Exists(path))
            Open(
                    path,
                    new FileStreamOptions
                    {
                        Mode = FileMode.OpenOrCreate,
                        Access = FileAccess.Write,
                        Share = FileShare.ReadWrite,
                    }
                )
                .Dispose();
    }

    /// <summary>Gives the file a second name unless a file has that name. On Unix File.Move looks first and renames then, so two processes
    /// could both succeed; link(2) does it in one step.</summary>
    private static void Publish(string temporary, string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            if (Link(temporary, path) != 0 && !File.Exists(path))
                throw new IOException($"The file {path} cannot be created: {Marshal.GetLastPInvokeErrorMessage()}");
            return;
        }

        try
        {
            File.Move(temporary, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was faster.
        }
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);
}

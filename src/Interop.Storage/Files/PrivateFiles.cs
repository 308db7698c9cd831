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
}

using Interop.Silo.Settings;

namespace Interop.Silo.CommandLine;

/// <summary>The folder of the demo's data. A file marks it as such, and a lock on that file keeps a second demo out.</summary>
internal sealed class DemoFolder : IDisposable
{
    private const string MarkName = ".interop-demo";

    private readonly FileStream _mark;

    private DemoFolder(FileStream mark, bool isKept) => (_mark, IsKept) = (mark, isKept);

    /// <summary>Whether it holds data of an earlier demo.</summary>
    public bool IsKept { get; }

    /// <param name="isFresh">Whether to empty it first.</param>
    /// <exception cref="SettingsException">It is another kind of folder, or another demo uses it.</exception>
    public static DemoFolder Open(string path, bool isFresh)
    {
        var markPath = Path.Combine(path, MarkName);
        var isEmpty = !Directory.Exists(path) || !Directory.EnumerateFileSystemEntries(path).Any();
        if (!isEmpty && !File.Exists(markPath))
            throw new SettingsException(
                $"{path} is not a folder of the demo, which would hold the file {MarkName}: choose another INTEROP_DATA, or remove the folder yourself"
            );
        Directory.CreateDirectory(path);
        FileStream mark;
        try
        {
            mark = new FileStream(markPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new SettingsException($"{path} is used by another demo: end it first, or choose another INTEROP_DATA");
        }

        if (isFresh)
            Empty(path);
        return new DemoFolder(mark, isKept: !isEmpty && !isFresh);
    }

    public void Dispose() => _mark.Dispose();

    private static void Empty(string path)
    {
        foreach (var folder in Directory.EnumerateDirectories(path))
            Directory.Delete(folder, recursive: true);
        foreach (var file in Directory.EnumerateFiles(path).Where(file => Path.GetFileName(file) != MarkName))
            File.Delete(file);
    }
}

using System.Diagnostics;
using Interop.TestServers;

namespace Interop.Api.Tests.Support;

/// <summary>A disk of 64 MiB in memory (tmpfs), which a test can fill. To mount it needs root and a container that allows it.</summary>
internal sealed class SmallDisk : IDisposable
{
    private static readonly Lazy<bool> Possible = new(() =>
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            using var disk = new SmallDisk();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    });

    private readonly TemporaryFolder _folder = new();

    public SmallDisk()
    {
        if (Run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", _folder.Path))
            return;
        _folder.Dispose();
        throw new InvalidOperationException("A tmpfs cannot be mounted here");
    }

    public static bool IsPossible => Possible.Value;

    public string Path => _folder.Path;

    private string Filler => _folder.File("filler");

    /// <summary>Writes until no space is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true)
                file.Write(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Free() => File.Delete(Filler);

    public void Dispose()
    {
        Run("umount", "-l", _folder.Path);
        _folder.Dispose();
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // there is no such program
        }
    }
}

/// <summary>A test that fills a disk, reported as skipped where none can be mounted.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute()
    {
        if (!SmallDisk.IsPossible)
            Skip = "needs root and a system that lets it mount a tmpfs";
    }
}

using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Interop.TestServers;

/// <summary>What .NET's Process lacks: signals, child processes and the current user.</summary>
public static partial class UnixProcess
{
    public const int Interrupt = 2;
    public const int Quit = 3;
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;
    private const int NoSuchProcess = 3;

    public static bool IsRoot => GetEffectiveUserId() == 0;

    /// <summary>Sends a signal. A process that has ended is not an error.</summary>
    public static void Signal(int processId, int signal)
    {
        if (SendSignal(processId, signal) != 0 && Marshal.GetLastPInvokeError() is var error and not NoSuchProcess)
            throw new Win32Exception(error);
    }

    /// <summary>The process, followed by its child processes.</summary>
    public static IReadOnlyList<int> WithChildren(int processId)
    {
        var found = new List<int> { processId };
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id) && ParentOf(folder) == processId)
                found.Add(id);
        }

        return found;
    }

    // "pid (name) state ppid ..."; the name may contain spaces and parentheses.
    private static int ParentOf(string folder)
    {
        try
        {
            return int.Parse(
                File.ReadAllText(Path.Combine(folder, "stat")).Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]
            );
        }
        catch (IOException)
        {
            return 0; // it has just ended
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();
}

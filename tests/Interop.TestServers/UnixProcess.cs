using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Interop.TestServers;

/// <summary>What .NET's Process does not offer: signals other than kill, and who is running.</summary>
internal static partial class UnixProcess
{
    public const int Interrupt = 2;
    public const int Quit = 3;
    private const int NoSuchProcess = 3;

    public static bool IsRoot => GetEffectiveUserId() == 0;

    /// <summary>A process that is gone already is no error.</summary>
    public static void Signal(int processId, int signal)
    {
        if (Kill(processId, signal) != 0 && Marshal.GetLastPInvokeError() is var error and not NoSuchProcess)
            throw new Win32Exception(error);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();
}

using System.Runtime.InteropServices;

namespace Interop.Silo.Hosting;

/// <summary>
/// Makes every file that the process creates readable for its user only (0600, folders 0700): databases, their logs, exports, the spool and
/// keys hold patient data or secrets.
/// </summary>
internal static partial class OwnerOnlyFiles
{
    private const uint GroupAndOthers = 0b000_111_111;

    public static void Apply()
    {
        if (!OperatingSystem.IsWindows())
            _ = SetMask(GroupAndOthers);
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetMask(uint mask);
}

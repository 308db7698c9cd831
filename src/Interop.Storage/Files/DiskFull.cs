namespace Interop.Storage.Files;

/// <summary>Recognises the failure of a file operation because of a full disk or an exhausted quota.</summary>
public static class DiskFull
{
    // errno.h of Linux and macOS, and winerror.h. .NET gives the raw number in HResult.
    private const int NoSpaceLeft = 28;
    private const int QuotaExceededLinux = 122;
    private const int QuotaExceededMac = 69;
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Whether the exception, or one inside it, tells that no space is left.</summary>
    public static bool IsReason(Exception? exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is IOException { HResult: WindowsHandleDiskFull or WindowsDiskFull })
                return true;
            if (inner is IOException { HResult: NoSpaceLeft } && !OperatingSystem.IsWindows())
                return true;
            if (inner is IOException { HResult: QuotaExceededLinux } && OperatingSystem.IsLinux())
                return true;
            if (inner is IOException { HResult: QuotaExceededMac } && OperatingSystem.IsMacOS())
                return true;
        }
        return false;
    }
}

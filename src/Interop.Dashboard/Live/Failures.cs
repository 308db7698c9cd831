using Interop.Health;

namespace Interop.Dashboard.Live;

/// <summary>The text that a page shows for a call that failed.</summary>
internal static class Failures
{
    /// <summary>Null: the failure is unknown and must be logged.</summary>
    public static string? Describe(Exception failure) =>
        failure switch
        {
            NotReadyException or StorageFullException => failure.Message,
            UnauthorizedAccessException => failure.Message,
            TimeoutException or EnumerationAbortedException or OrleansException =>
                "The engine did not answer in time. This page tries again by itself.",
            _ => null,
        };

    /// <summary>The text for an unknown failure, which is in the log.</summary>
    public const string Unexpected = "An unexpected error. The server's log has the details.";
}

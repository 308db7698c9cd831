using Interop.Health;

namespace Interop.Dashboard.Live;

/// <summary>What a page says about a call that failed.</summary>
internal static class Failures
{
    /// <summary>Null: the failure is not a known one, and belongs into the log.</summary>
    public static string? Describe(Exception failure) =>
        failure switch
        {
            NotReadyException or StorageFullException => failure.Message,
            UnauthorizedAccessException => failure.Message,
            TimeoutException or EnumerationAbortedException or OrleansException =>
                "The engine did not answer in time. This page tries again by itself.",
            _ => null,
        };

    /// <summary>For a failure that no page knows. The log has it.</summary>
    public const string Unexpected = "An unexpected error. The server's log has the details.";
}

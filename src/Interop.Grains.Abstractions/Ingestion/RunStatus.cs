namespace Interop.Ingestion;

/// <summary>The states of a run, spelled as the database and the API spell them.</summary>
public static class RunStatus
{
    /// <summary>Under way.</summary>
    public const string Running = "RUNNING";

    /// <summary>Under way, and the caller said that it is not the first attempt.</summary>
    public const string Retrying = "RETRYING";

    /// <summary>Ended with everything settled: loaded, or kept as a dead letter. Only now the checkpoint has moved.</summary>
    public const string Success = "SUCCESS";

    /// <summary>Ended early; what was committed stays, the checkpoint did not move, details say why.</summary>
    public const string Failed = "FAILED";

    /// <summary>Ended by request; what was committed stays, the checkpoint did not move.</summary>
    public const string Cancelled = "CANCELLED";

    /// <summary>Whether a run in this state holds its source and type.</summary>
    public static bool IsActive(string status) => status is Running or Retrying;
}

/// <summary>Where a resource failed, spelled as the database and the API spell it.</summary>
public static class DeadLetterStage
{
    /// <summary>Not a valid R4 resource, or not one that was asked for.</summary>
    public const string Validate = "validate";

    /// <summary>Valid, but its normalized row could not be made.</summary>
    public const string Transform = "transform";

    /// <summary>The database refused it, or its patient is missing.</summary>
    public const string Load = "load";

    /// <summary>The three stages.</summary>
    public static bool IsKnown(string stage) => stage is Validate or Transform or Load;
}

namespace Interop.Ingestion;

/// <summary>The states of a run, spelled as in the database and the API.</summary>
public static class RunStatus
{
    /// <summary>Active.</summary>
    public const string Running = "RUNNING";

    /// <summary>Active; the caller said that it is not the first attempt.</summary>
    public const string Retrying = "RETRYING";

    /// <summary>Ended with everything settled: loaded or a dead letter. Only this state moves the checkpoint.</summary>
    public const string Success = "SUCCESS";

    /// <summary>Ended early. What was committed stays, the checkpoint did not move, the details say why.</summary>
    public const string Failed = "FAILED";

    /// <summary>Ended by request. What was committed stays, the checkpoint did not move.</summary>
    public const string Cancelled = "CANCELLED";

    /// <summary>Whether a run in this state is active: it keeps other runs of its source and type out.</summary>
    public static bool IsActive(string status) => status is Running or Retrying;
}

/// <summary>What kind of failure ended a run with FAILED, spelled as in the database and the API.</summary>
public static class RunFailure
{
    /// <summary>The server of the source failed, or its answers cannot be used.</summary>
    public const string Upstream = "upstream";

    /// <summary>The source is not the server that it was filled from, or the settings do not know it any more.</summary>
    public const string Source = "source";

    /// <summary>The database or a disk has no room for more data.</summary>
    public const string StorageFull = "storage_full";

    /// <summary>The run's files could not be written, or the program has a defect.</summary>
    public const string Internal = "internal";
}

/// <summary>The stage at which a resource failed, spelled as in the database and the API.</summary>
public static class DeadLetterStage
{
    /// <summary>It is no valid R4 resource, or not of the type that the run asked for.</summary>
    public const string Validate = "validate";

    /// <summary>It is valid, but a view could not make its rows.</summary>
    public const string Transform = "transform";

    /// <summary>The database refused it, or its patient is missing.</summary>
    public const string Load = "load";

    /// <summary>Whether this is one of the three stages.</summary>
    public static bool IsKnown(string stage) => stage is Validate or Transform or Load;
}

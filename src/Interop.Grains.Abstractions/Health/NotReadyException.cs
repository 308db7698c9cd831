namespace Interop.Health;

/// <summary>A part that every call needs is not available now. The message names the part and what to do. The same call may succeed
/// later.</summary>
[GenerateSerializer, Alias("Interop.NotReadyException")]
public sealed class NotReadyException : Exception
{
    /// <summary>Creates the exception with a general message.</summary>
    public NotReadyException() { }

    /// <summary>Creates the exception with the part that is not available and what to do.</summary>
    public NotReadyException(string message)
        : base(message) { }

    /// <summary>Creates the exception with its cause, for the log.</summary>
    public NotReadyException(string message, Exception innerException)
        : base(message, innerException) { }
}

/// <summary>The database or a disk has no room for more data. The same call succeeds after there is room again.</summary>
[GenerateSerializer, Alias("Interop.StorageFullException")]
public sealed class StorageFullException : Exception
{
    /// <summary>Without a message.</summary>
    public StorageFullException() { }

    /// <summary>With the message for the caller.</summary>
    public StorageFullException(string message)
        : base(message) { }

    /// <summary>With the message for the caller, and the failure.</summary>
    public StorageFullException(string message, Exception innerException)
        : base(message, innerException) { }
}

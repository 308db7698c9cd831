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

namespace Interop.Health;

/// <summary>A part that every call needs is not available now. The message names the part and what to do. The same call may succeed
/// later.</summary>
[GenerateSerializer, Alias("Interop.NotReadyException")]
public sealed class NotReadyException : Exception
{
    public NotReadyException() { }

    public NotReadyException(string message)
        : base(message) { }

    public NotReadyException(string message, Exception innerException)
        : base(message, innerException) { }
}

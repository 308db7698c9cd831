namespace Interop.Health;

/// <summary>What every call needs is not there now: the message names the part and what to do. The same call may succeed later.</summary>
[GenerateSerializer, Alias("Interop.NotReadyException")]
public class NotReadyException : Exception
{
    public NotReadyException() { }

    public NotReadyException(string message)
        : base(message) { }

    public NotReadyException(string message, Exception innerException)
        : base(message, innerException) { }
}

/// <summary>The database or a disk has no room for more data. The same call succeeds after there is room again.</summary>
[GenerateSerializer, Alias("Interop.StorageFullException")]
public sealed class StorageFullException : NotReadyException
{
    public StorageFullException() { }

    public StorageFullException(string message)
        : base(message) { }

    public StorageFullException(string message, Exception innerException)
        : base(message, innerException) { }
}

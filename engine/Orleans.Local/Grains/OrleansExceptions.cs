namespace Orleans.Runtime;

/// <summary>The base class of the engine's exceptions.</summary>
[GenerateSerializer]
public class OrleansException : Exception
{
    public OrleansException()
        : base("Unexpected error.") { }

    public OrleansException(string message)
        : base(message) { }

    public OrleansException(string message, Exception innerException)
        : base(message, innerException) { }
}

/// <summary>The configuration of a silo is invalid.</summary>
[GenerateSerializer]
public sealed class OrleansConfigurationException : Exception
{
    public OrleansConfigurationException(string message)
        : base(message) { }

    public OrleansConfigurationException(string message, Exception innerException)
        : base(message, innerException) { }
}

/// <summary>A call was rejected or lost before it had a result.</summary>
[GenerateSerializer]
public class OrleansMessageRejectionException : OrleansException
{
    internal OrleansMessageRejectionException(string message)
        : base(message) { }

    internal OrleansMessageRejectionException(string message, Exception innerException)
        : base(message, innerException) { }
}

/// <summary>The silo is stopped, stopping, or died during the call.</summary>
[GenerateSerializer]
public sealed class SiloUnavailableException : OrleansMessageRejectionException
{
    public SiloUnavailableException()
        : base("The silo is not available.") { }

    public SiloUnavailableException(string msg)
        : base(msg) { }

    public SiloUnavailableException(string message, Exception innerException)
        : base(message, innerException) { }
}

/// <summary>An enumeration ended early: its grain was deactivated, or its silo stopped.</summary>
[GenerateSerializer]
public sealed class EnumerationAbortedException : Exception
{
    public EnumerationAbortedException() { }

    public EnumerationAbortedException(string message)
        : base(message) { }

    public EnumerationAbortedException(string message, Exception innerException)
        : base(message, innerException) { }
}

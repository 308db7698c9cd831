namespace Orleans.Runtime;

/// <summary>The base class of the engine's exceptions.</summary>
[GenerateSerializer]
public class OrleansException : Exception
{
    /// <summary>Creates the exception with a general message.</summary>
    public OrleansException()
        : base("Unexpected error.") { }

    /// <summary>Creates the exception with a message.</summary>
    public OrleansException(string message)
        : base(message) { }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public OrleansException(string message, Exception innerException)
        : base(message, innerException) { }
}

/// <summary>The configuration of a silo is invalid.</summary>
[GenerateSerializer]
public sealed class OrleansConfigurationException : Exception
{
    /// <summary>Creates the exception with a message.</summary>
    public OrleansConfigurationException(string message)
        : base(message) { }

    /// <summary>Creates the exception with a message and its cause.</summary>
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
    /// <summary>Creates the exception with a general message.</summary>
    public SiloUnavailableException()
        : base("The silo is not available.") { }

    /// <summary>Creates the exception with a message.</summary>
    public SiloUnavailableException(string msg)
        : base(msg) { }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public SiloUnavailableException(string message, Exception innerException)
        : base(message, innerException) { }
}

/// <summary>An enumeration ended early: its grain was deactivated, or its silo stopped.</summary>
[GenerateSerializer]
public sealed class EnumerationAbortedException : Exception
{
    /// <summary>Creates the exception with a general message.</summary>
    public EnumerationAbortedException() { }

    /// <summary>Creates the exception with a message.</summary>
    public EnumerationAbortedException(string message)
        : base(message) { }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public EnumerationAbortedException(string message, Exception innerException)
        : base(message, innerException) { }
}

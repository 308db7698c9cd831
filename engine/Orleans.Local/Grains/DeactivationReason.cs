namespace Orleans;

/// <summary>Why an activation ends.</summary>
[GenerateSerializer]
public enum DeactivationReasonCode : byte
{
    /// <summary>No reason was given.</summary>
    None = 0,

    /// <summary>The silo is stopping.</summary>
    ShuttingDown = 1,

    /// <summary>The activation could not be started.</summary>
    ActivationFailed = 2,

    /// <summary>The grain directory failed. Not used by the embedded engine.</summary>
    DirectoryFailure = 3,

    /// <summary>It was idle for its collection age.</summary>
    ActivationIdle = 4,

    /// <summary>A request did not end. Not used by the embedded engine.</summary>
    ActivationUnresponsive = 5,

    /// <summary>Another activation of the grain exists. Not used by the embedded engine.</summary>
    DuplicateActivation = 6,

    /// <summary>A caller needs another version of the interface. Not used by the embedded engine.</summary>
    IncompatibleRequest = 7,

    /// <summary>The grain threw, or its state differs from the stored one.</summary>
    ApplicationError = 8,

    /// <summary>The grain asked for it.</summary>
    ApplicationRequested = 9,

    /// <summary>It moves to another silo. Not used by the embedded engine.</summary>
    Migrating = 10,

    /// <summary>The engine asked for it.</summary>
    RuntimeRequested = 11,

    /// <summary>Memory was short. Not used by the embedded engine.</summary>
    HighMemoryPressure = 12,
}

/// <summary>Why an activation ends, for <see cref="IGrainBase.OnDeactivateAsync"/>.</summary>
public readonly struct DeactivationReason(DeactivationReasonCode code, Exception? exception, string text)
{
    /// <summary>Creates a reason without an exception.</summary>
    public DeactivationReason(DeactivationReasonCode code, string text)
        : this(code, null, text) { }

    /// <summary>The kind of reason.</summary>
    public DeactivationReasonCode ReasonCode { get; } = code;

    /// <summary>The reason in words.</summary>
    public string Description { get; } = text;

    /// <summary>The failure behind it, or null.</summary>
    public Exception? Exception { get; } = exception;

    /// <inheritdoc/>
    public override string ToString() => Exception is null ? $"{ReasonCode}: {Description}" : $"{ReasonCode}: {Description} {Exception}";
}

namespace Orleans.Activations;

/// <summary>A timer or an enumeration: it belongs to an activation and ends with it.</summary>
internal interface IActivationPart
{
    /// <summary>The consumer of an enumeration disappeared without disposing it.</summary>
    bool IsAbandonedByConsumer => false;

    void End(string reason);
}

/// <summary>A state that is read when its activation begins.</summary>
internal interface IActivationState
{
    Task ReadStateAsync();
}

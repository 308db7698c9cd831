namespace Orleans.Runtime;

/// <summary>What the public API needs from the engine's activation. The public namespaces know the engine only through this.</summary>
internal interface IActivationContext : IGrainContext
{
    IGrainFactory GrainFactory { get; }

    /// <exception cref="InvalidOperationException">The calling code does not run in a turn of this activation.</exception>
    void ThrowIfOutside(string what);

    void DelayDeactivation(TimeSpan time);

    void EnterReentrantSection(Guid id);

    void ExitReentrantSection(Guid id);
}

/// <summary>Creates the timers of grains.</summary>
internal interface ITimerRegistry
{
    IGrainTimer Register(IGrainContext context, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options);
}

/// <summary>Registers the reminders of grains.</summary>
internal interface IReminderRegistry
{
    /// <exception cref="ArgumentException">The period is too short, or the name is empty.</exception>
    Task<IGrainReminder> RegisterAsync(GrainId grainId, string reminderName, TimeSpan dueTime, TimeSpan period);

    /// <summary>Removes the reminder. One that is already removed is no error.</summary>
    /// <exception cref="ReminderException">The reminder has been changed since it was read.</exception>
    Task UnregisterAsync(IGrainReminder reminder);

    /// <returns>Null if the grain has no such reminder.</returns>
    Task<IGrainReminder?> GetAsync(GrainId grainId, string reminderName);

    Task<List<IGrainReminder>> GetAllAsync(GrainId grainId);
}

/// <summary>An enumeration whose batch size can be set.</summary>
internal interface IBatchedEnumerable<out T> : IAsyncEnumerable<T>
{
    IAsyncEnumerable<T> WithBatchSize(int maxBatchSize);
}

namespace Orleans.Runtime;

/// <summary>Values that travel with a call, and with the calls made while it runs. Changes by the callee do not reach the caller.</summary>
public static class RequestContext
{
    private const string ReentrancyKey = "#CCR";

    // Each Set creates a new dictionary and never changes the old one, so a call carries the reference without a copy.
    private static readonly AsyncLocal<Dictionary<string, object>?> Values = new();

    /// <summary>The names of the values.</summary>
    public static IEnumerable<string> Keys => Values.Value?.Keys ?? Enumerable.Empty<string>();

    /// <summary>The values by name.</summary>
    public static IEnumerable<KeyValuePair<string, object>> Entries => Values.Value ?? Enumerable.Empty<KeyValuePair<string, object>>();

    /// <summary>The id of the call chain that may re-enter the grains that allowed it; <see cref="Guid.Empty"/> if there is none.</summary>
    public static Guid ReentrancyId
    {
        get => Get(ReentrancyKey) is Guid id ? id : Guid.Empty;
        set
        {
            if (value == Guid.Empty)
                Remove(ReentrancyKey);
            else
                Set(ReentrancyKey, value);
        }
    }

    /// <summary>The value of this name, or null.</summary>
    public static object? Get(string key) => Values.Value is { } values && values.TryGetValue(key, out var value) ? value : null;

    /// <summary>Sets a value for the calls that follow. It must be serializable.</summary>
    public static void Set(string key, object value) =>
        Values.Value = Values.Value is { } values ? new Dictionary<string, object>(values) { [key] = value } : new() { [key] = value };

    /// <summary>Removes a value; false when there was none.</summary>
    public static bool Remove(string key)
    {
        if (Values.Value is not { } values || !values.ContainsKey(key))
            return false;

        var rest = new Dictionary<string, object>(values);
        rest.Remove(key);
        Values.Value = rest.Count == 0 ? null : rest;
        return true;
    }

    /// <summary>Removes all values.</summary>
    public static void Clear() => Import(null);

    /// <summary>
    /// Until the result is disposed, the calls that this grain makes, and the calls made by those, may call this activation while it waits
    /// for them. Without it such a call waits for the current one, and both time out.
    /// </summary>
    public static ReentrancySection AllowCallChainReentrancy() =>
        new(ReentrancyId, ReentrancyId is var id && id == Guid.Empty ? Guid.NewGuid() : id);

    /// <summary>The opposite of <see cref="AllowCallChainReentrancy"/>, for the part of a chain that must not re-enter.</summary>
    public static ReentrancySection SuppressCallChainReentrancy() => new(ReentrancyId, Guid.Empty);

    internal static Dictionary<string, object>? Export() => Values.Value;

    internal static void Import(Dictionary<string, object>? values)
    {
        if (!ReferenceEquals(Values.Value, values))
            Values.Value = values;
    }

    internal static Guid ReentrancyIdOf(Dictionary<string, object>? values) =>
        values is not null && values.TryGetValue(ReentrancyKey, out var id) ? (Guid)id : Guid.Empty;

    /// <summary>The part of a call during which its chain may, or may not, re-enter.</summary>
    public readonly struct ReentrancySection : IDisposable
    {
        private readonly Guid _original;
        private readonly Guid _current;

        /// <summary>Begins a section: sets the id of the call chain.</summary>
        public ReentrancySection(Guid originalReentrancyId, Guid newReentrancyId)
        {
            _original = originalReentrancyId;
            _current = newReentrancyId;
            if (newReentrancyId != originalReentrancyId)
                ReentrancyId = newReentrancyId;
            if (newReentrancyId != Guid.Empty)
                RuntimeContext.Current?.EnterReentrantSection(newReentrancyId);
        }

        /// <summary>Ends the section: restores the id that the call chain had before it.</summary>
        public void Dispose()
        {
            if (_current != Guid.Empty)
                RuntimeContext.Current?.ExitReentrantSection(_current);
            if (_current != _original)
                ReentrancyId = _original;
        }
    }
}

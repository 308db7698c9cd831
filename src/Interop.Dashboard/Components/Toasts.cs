namespace Interop.Dashboard.Components;

/// <summary>Short messages at the edge of the page: what an action did, or why it failed.</summary>
public sealed class Toasts
{
    /// <summary>Called when a message was added or removed.</summary>
    public event Action? Changed;

    public IReadOnlyList<Toast> All => _all;

    private readonly List<Toast> _all = [];

    public void Done(string text) => Add(new Toast(text, Tone.Success));

    public void Failed(string text) => Add(new Toast(text, Tone.Danger));

    public void Remove(Toast toast)
    {
        _all.Remove(toast);
        Changed?.Invoke();
    }

    private void Add(Toast toast)
    {
        _all.Add(toast);
        if (_all.Count > 4)
            _all.RemoveAt(0);
        Changed?.Invoke();
    }
}

public sealed record Toast(string Text, Tone Tone);

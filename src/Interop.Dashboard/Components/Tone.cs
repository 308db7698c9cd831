namespace Interop.Dashboard.Components;

/// <summary>What a colour says. Each has an icon of its own, so that colour is never the only sign.</summary>
public enum Tone
{
    Neutral,
    Info,
    Success,
    Warning,
    Danger,
}

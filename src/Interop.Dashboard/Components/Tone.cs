namespace Interop.Dashboard.Components;

/// <summary>The meaning of a colour. Each has its own icon, so that colour is never the only sign.</summary>
public enum Tone
{
    Neutral,
    Info,
    Success,
    Warning,
    Danger,
}

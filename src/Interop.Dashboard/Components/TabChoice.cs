namespace Interop.Dashboard.Components;

/// <param name="Value">The chosen value; null: everything.</param>
/// <param name="Count">A number beside the text.</param>
public sealed record TabChoice(string? Value, string Text, long? Count = null);

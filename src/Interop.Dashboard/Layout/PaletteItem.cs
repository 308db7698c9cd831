namespace Interop.Dashboard.Layout;

/// <summary>Something that the command palette found.</summary>
/// <param name="Kind">What it is, such as Run.</param>
/// <param name="Title">What distinguishes it.</param>
/// <param name="Detail">More about it; null: nothing.</param>
/// <param name="Icon">A name that <c>Icon</c> knows.</param>
/// <param name="Path">Where it leads; null: it searches patients.</param>
public sealed record PaletteItem(string Kind, string Title, string? Detail, string Icon, string? Path);

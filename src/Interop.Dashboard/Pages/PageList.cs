namespace Interop.Dashboard.Pages;

/// <summary>The pages of the navigation and of the command palette.</summary>
internal static class PageList
{
    public static IReadOnlyList<PageGroup> Groups { get; } =
    [new("Ingestion", [new("/", "Overview", "overview"), new("/runs", "Runs", "runs")])];

    public static IEnumerable<PageLink> All => Groups.SelectMany(group => group.Pages);
}

internal sealed record PageGroup(string Title, IReadOnlyList<PageLink> Pages);

/// <param name="Icon">A name that <c>Icon</c> knows.</param>
internal sealed record PageLink(string Path, string Title, string Icon);

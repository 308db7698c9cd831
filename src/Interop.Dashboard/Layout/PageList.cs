namespace Interop.Dashboard.Layout;

/// <summary>The pages of the navigation and of the command palette.</summary>
internal static class PageList
{
    public static IReadOnlyList<PageGroup> Groups { get; } =
    [
        new(
            "Ingestion",
            [
                new("/", "Overview", "overview"),
                new("/runs", "Runs", "runs"),
                new("/data", "Data", "data"),
                new("/patients", "Patients", "patient"),
            ]
        ),
        new(
            "Monitoring",
            [
                new("/alerts", "Alerts", "alerts"),
                new("/cases", "Cases", "cases"),
                new("/accesses", "Access report", "shield"),
                new("/model", "Model", "model"),
            ]
        ),
        new(
            "Partners",
            [
                new("/telemetry", "Telemetry", "telemetry"),
                new("/pd-executions", "Patient discovery", "discovery"),
                new("/timeline", "Patient timeline", "clock"),
                new("/tokens", "OpenEMR token", "tokens"),
                new("/uploads", "Uploads", "uploads"),
            ]
        ),
        new("Platform", [new("/cluster", "Cluster", "cluster")]),
    ];

    public static IEnumerable<PageLink> All => Groups.SelectMany(group => group.Pages);
}

internal sealed record PageGroup(string Title, IReadOnlyList<PageLink> Pages);

/// <param name="Icon">A name that <c>Icon</c> knows.</param>
internal sealed record PageLink(string Path, string Title, string Icon);

using Interop.Ingestion.Fetching;
using Interop.Ingestion.Resources;
using Interop.Ingestion.Views;
using Interop.Storage;

namespace Interop.Ingestion.Preparing;

/// <summary>
/// A page with its rows in the form that the bulk upsert takes. Disposing it frees the rows; the <see cref="IncomingPage"/> lives on and
/// can be prepared again.
/// </summary>
internal sealed class PreparedPage(IncomingPage incoming, List<PreparedResource> resources, ViewSet views) : IDisposable
{
    private readonly Dictionary<ViewTable, ViewRows> _rows = [];

    public IncomingPage Incoming { get; } = incoming;

    /// <summary>Nothing was asked of the database: the page can only be loaded when none of its resources is stored
    /// (<see cref="NewPageGuess"/>).</summary>
    public bool IsTakenAsNew { get; init; }

    /// <summary>The resources; patients that were fetched for them come first.</summary>
    public List<PreparedResource> Resources { get; } = resources;

    /// <summary>Rows of the table <c>resources</c>.</summary>
    public RowBatch ResourceRows { get; } = new(ResourceStore.Shape);

    /// <summary>The views that the rows were made for.</summary>
    public ViewSet Views { get; } = views;

    /// <summary>The rows of each view table.</summary>
    public IReadOnlyCollection<ViewRows> Rows => _rows.Values;

    /// <summary>Warnings for the run: the users' views that fail on resources of the page.</summary>
    public IReadOnlyList<string> Warnings =>
        [
            .. Resources
                .SelectMany(r => r.ViewFailures)
                .Select(f => f.Table.Name)
                .Distinct()
                .Select(name => $"the view {name} has no rows of some resources: GET /views lists them with the reasons"),
        ];

    public ViewRows RowsOf(ViewTable table)
    {
        if (!_rows.TryGetValue(table, out var rows))
            _rows.Add(table, rows = new ViewRows(table));
        return rows;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ResourceRows.Dispose();
        foreach (var rows in _rows.Values)
            rows.Dispose();
    }
}

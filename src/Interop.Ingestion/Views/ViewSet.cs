using System.Collections.Immutable;

namespace Interop.Ingestion.Views;

/// <summary>The views and their tables at one epoch.</summary>
internal sealed class ViewSet(long epoch, ImmutableArray<LiveView> views)
{
    private readonly ILookup<string, ViewTable> _byType = views.SelectMany(v => v.Tables).ToLookup(t => t.ResourceType);

    public long Epoch { get; } = epoch;

    public ImmutableArray<LiveView> Views { get; } = views;

    /// <summary>The tables that hold rows of a resource type: active ones and ones that a run fills.</summary>
    public IEnumerable<ViewTable> TablesOf(string resourceType) => _byType[resourceType];

    /// <summary>The view of this name, upper and lower case alike.</summary>
    public LiveView? Find(string name) => Views.FirstOrDefault(v => v.Record.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The table with one normalized row for each resource of a type: the platform's before others; null when there is
    /// none.</summary>
    public ViewTable? RowsOf(string resourceType) =>
        Views
            .Where(v => v.Active is { HasManyRows: false } table && table.ResourceType == resourceType)
            .OrderBy(v => !PlatformViews.Has(v.Record.Name))
            .ThenBy(v => v.Record.Name, StringComparer.Ordinal)
            .FirstOrDefault()
            ?.Active;
}

/// <summary>A view and the tables that rows are written to.</summary>
/// <param name="Active">The table with the view's name; null while a run fills the first one.</param>
/// <param name="Next">The table that a run fills; usually null.</param>
internal sealed record LiveView(ViewRecord Record, ViewTable? Active, ViewTable? Next)
{
    public IEnumerable<ViewTable> Tables => new[] { Active, Next }.OfType<ViewTable>();

    /// <summary>The table of the latest definition.</summary>
    public ViewTable Latest => (Next ?? Active)!;
}

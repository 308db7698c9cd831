using System.Collections.Immutable;

namespace Interop.Ingestion.Views;

/// <summary>The tables that rows go to, as they were at one epoch.</summary>
internal sealed class ViewSet(long epoch, ImmutableArray<LiveView> views)
{
    private readonly ILookup<string, ViewTable> _byType = views.SelectMany(v => v.Tables).ToLookup(t => t.ResourceType);

    public long Epoch { get; } = epoch;

    public ImmutableArray<LiveView> Views { get; } = views;

    /// <summary>The tables that resources of a type have rows in: those that are read and those that are being filled.</summary>
    public IEnumerable<ViewTable> TablesOf(string resourceType) => _byType[resourceType];

    public LiveView? Find(string name) => Views.FirstOrDefault(v => v.Record.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The table that has the normalized row of each resource of a type, where one has: the platform's before others.</summary>
    public ViewTable? RowsOf(string resourceType) =>
        Views.Where(v => v.Active is { HasManyRows: false } table && table.ResourceType == resourceType)
            .OrderBy(v => !PlatformViews.Has(v.Record.Name)).ThenBy(v => v.Record.Name, StringComparer.Ordinal)
            .FirstOrDefault()?.Active;
}

/// <summary>A view that rows are written for.</summary>
/// <param name="Active">The table of the view's name; null while the first one is being filled.</param>
/// <param name="Next">The table that is being filled; null most of the time.</param>
internal sealed record LiveView(ViewRecord Record, ViewTable? Active, ViewTable? Next)
{
    public IEnumerable<ViewTable> Tables => new[] { Active, Next }.OfType<ViewTable>();

    /// <summary>The definition that counts: the one to come, where there is one.</summary>
    public ViewTable Latest => (Next ?? Active)!;
}

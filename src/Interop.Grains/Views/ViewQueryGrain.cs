using System.Collections.Immutable;
using System.Text;
using Interop.Fhir.Views;
using Interop.Ingestion.Views;

namespace Interop.Views;

/// <inheritdoc cref="IViewQueryGrain"/>
[StatelessWorker]
internal sealed class ViewQueryGrain(ViewDirectory views, ViewReader reader) : Grain, IViewQueryGrain
{
    private const int MaxBrowsedRows = 500;

    public Task<ImmutableArray<ViewInfo>> List() => views.ListAsync(CancellationToken.None);

    public Task<ViewInfo?> Find(string name) => views.FindAsync(name, CancellationToken.None);

    public Task<JsonText?> GetDefinition(string name) => views.DefinitionAsync(name, CancellationToken.None);

    public async Task<ViewPreviewResult> Preview(
        string name,
        JsonText? definition,
        int limit,
        CancellationToken cancellationToken = default
    )
    {
        if ((definition ?? await views.DefinitionAsync(name, cancellationToken)) is not { } json)
            return new ViewPreviewResult(IsKnown: false, null, null);
        try
        {
            var view = ViewTableRules.Compile(Encoding.UTF8.GetBytes(json.Text));
            return new ViewPreviewResult(IsKnown: true, null, await reader.PreviewAsync(view, limit, cancellationToken));
        }
        catch (ViewDefinitionException e)
        {
            return new ViewPreviewResult(IsKnown: true, e.Message, null);
        }
    }

    public Task<ViewRowsPage?> ReadRows(string name, RowFormat format, long? limit, string? cursor, RowSelection? selection = null) =>
        reader.ReadAsync(name, format, limit, cursor, selection, CancellationToken.None);

    public Task<ViewRowsPage?> BrowseRows(string name, int rows, string? cursor, RowSelection? selection = null) =>
        reader.BrowseAsync(name, Math.Clamp(rows, 1, MaxBrowsedRows), cursor, selection, CancellationToken.None);
}

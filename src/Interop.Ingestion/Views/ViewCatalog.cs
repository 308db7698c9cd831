using System.Collections.Immutable;
using System.Text;
using Interop.Fhir.Views;
using Interop.Storage;

namespace Interop.Ingestion.Views;

/// <summary>The views as this process knows them, compiled. Another process may change them: a write of rows compares the epoch and
/// refreshes the catalog.</summary>
internal sealed class ViewCatalog(Database database)
{
    private readonly Lock _lock = new();
    private Dictionary<string, CompiledView> _compiled = [];
    private ViewSet? _current;

    public async ValueTask<ViewSet> CurrentAsync(CancellationToken cancellationToken) => _current ?? await RefreshAsync(cancellationToken);

    /// <summary>The views have changed: the next call reads them again.</summary>
    public void Forget() => _current = null;

    /// <summary>Reads the views from the database.</summary>
    public async Task<ViewSet> RefreshAsync(CancellationToken cancellationToken)
    {
        var (epoch, records) = await database.ReadAsync(
            async (session, token) => (await ViewStore.EpochAsync(session, token), await ViewStore.ListAsync(session, token)),
            cancellationToken
        );
        lock (_lock)
        {
            if (_current is { } current && current.Epoch >= epoch)
                return current;
            var compiled = new Dictionary<string, CompiledView>();
            var set = new ViewSet(epoch, [.. records.Select(r => Live(r, compiled))]);
            _compiled = compiled;
            return _current = set;
        }
    }

    private LiveView Live(ViewRecord record, Dictionary<string, CompiledView> compiled) =>
        new(
            record,
            record.Definition is null ? null : TableOf(record.Definition, record.Name, record.Origin, record.Layout, compiled),
            record.NextDefinition is null
                ? null
                : TableOf(record.NextDefinition, record.NextTable, record.NextOrigin!, ViewTable.CurrentLayout, compiled)
        );

    private ViewTable TableOf(string definition, string table, string origin, int layout, Dictionary<string, CompiledView> compiled) =>
        new(Compile(definition, compiled), table, layout) { IsUserDefined = origin != ViewOrigin.Platform };

    private CompiledView Compile(string definition, Dictionary<string, CompiledView> compiled)
    {
        if (!compiled.TryGetValue(definition, out var view))
            compiled.Add(
                definition,
                view = _compiled.GetValueOrDefault(definition) ?? ViewTableRules.Compile(Encoding.UTF8.GetBytes(definition))
            );
        return view;
    }
}

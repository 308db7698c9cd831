using System.Collections.Immutable;
using Interop.Storage;
using Interop.Views;

namespace Interop.Ingestion.Views;

/// <summary>Describes the views, and the view files that were refused.</summary>
internal sealed class ViewDirectory(Database database, ViewCatalog catalog, ViewFiles files)
{
    private const string Active = "active";
    private const string Building = "building";
    private const string Refused = "refused";
    private const int MaxExamples = 5;

    public async Task<ImmutableArray<ViewInfo>> ListAsync(CancellationToken cancellationToken) =>
        [
            .. await DescribeAsync((await catalog.RefreshAsync(cancellationToken)).Views, cancellationToken),
            .. files.Refused.Select(Describe),
        ];

    public async Task<ViewInfo?> FindAsync(string name, CancellationToken cancellationToken) =>
        (await catalog.RefreshAsync(cancellationToken)).Find(name) is { } view ? (await DescribeAsync([view], cancellationToken))[0] : null;

    /// <summary>The latest ViewDefinition as it was given: the next one while a run fills its table.</summary>
    public async Task<JsonText?> DefinitionAsync(string name, CancellationToken cancellationToken) =>
        (await catalog.RefreshAsync(cancellationToken)).Find(name)?.Record is { } record
            ? new JsonText((record.NextDefinition ?? record.Definition)!)
            : null;

    private Task<List<ViewInfo>> DescribeAsync(IReadOnlyList<LiveView> views, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, token) =>
            {
                var failures = await ViewFailureStore.CountAsync(session, token);
                var described = new List<ViewInfo>();
                foreach (var view in views)
                {
                    var table = view.Latest.Shape.Name;
                    var count = failures.GetValueOrDefault(table);
                    var examples = count == 0 ? [] : await ViewFailureStore.FirstAsync(session, table, MaxExamples, token);
                    described.Add(Describe(view, count, [.. examples]));
                }

                return described;
            },
            cancellationToken
        );

    private ViewInfo Describe(LiveView view, long failures, ImmutableArray<ViewFailure> examples)
    {
        var (record, table) = (view.Record, view.Latest);
        return new ViewInfo(
            record.Name,
            table.ResourceType,
            view.Next is null ? Active : Building,
            record.NextOrigin ?? record.Origin,
            table.HasManyRows ? "many" : "one",
            [
                .. table.View.Columns.Select(c => new ViewColumnInfo(
                    c.Name,
                    c.Type,
                    TableSql.TypeName(ViewTable.IsId(c) ? ColumnType.Text : ViewTable.TypeOf(c), database.Dialect).ToLowerInvariant()
                )),
            ],
            record.ChangedAt,
            record.NextRunId,
            ViewReader.Warnings(table.View),
            null,
            failures,
            examples
        );
    }

    private static ViewInfo Describe(RefusedView refused) =>
        new(
            Path.GetFileName(refused.File),
            null,
            Refused,
            ViewOrigin.File,
            null,
            [],
            null,
            null,
            [],
            $"{refused.File}: {refused.Reason}",
            0,
            []
        );
}

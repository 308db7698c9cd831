using System.Collections.Immutable;
using Interop.Fhir.Views;
using Interop.Storage;

namespace Interop.Ingestion.Views;

/// <summary>
/// A view as a normalized table: source, id, the view's columns, run_id, raw. Where a resource can have several rows they are numbered
/// (row_index, part of the key) and have no raw: it is in <c>resources</c>, once.
/// </summary>
internal sealed class ViewTable
{
    public const string Source = "source";
    public const string Id = "id";
    public const string RowIndex = "row_index";
    public const string RunId = "run_id";
    public const string Raw = "raw";

    /// <param name="view">A view that <see cref="ViewTableRules"/> let through.</param>
    /// <param name="tableName">The view's name, or another while the table is being filled.</param>
    public ViewTable(CompiledView view, string tableName)
    {
        View = view;
        HasManyRows = view.Definition.Select.Any(Iterates);
        IsAlwaysOneRow = !HasManyRows && view.Definition.Where.Count == 0;
        var columns = ImmutableArray.CreateBuilder<Column>();
        columns.Add(new Column(Source, ColumnType.Text, Nullable: false));
        columns.Add(new Column(Id, ColumnType.Text, Nullable: false));
        if (HasManyRows)
            columns.Add(new Column(RowIndex, ColumnType.Integer, Nullable: false));
        columns.AddRange(view.Columns.Where(c => !IsId(c)).Select(c => new Column(c.Name, TypeOf(c))));
        columns.Add(new Column(RunId, ColumnType.Integer, Nullable: false));
        if (!HasManyRows)
            columns.Add(new Column(Raw, ColumnType.Json, Nullable: false));
        Shape = new TableShape(tableName, columns.ToImmutable(), HasManyRows ? [Source, Id, RowIndex] : [Source, Id]);
    }

    public CompiledView View { get; }

    /// <summary>The view's name.</summary>
    public string Name => View.Definition.Name!;

    /// <summary>The resource type it reads.</summary>
    public string ResourceType => View.Definition.Resource;

    public TableShape Shape { get; }

    /// <summary>A resource can have several rows, and then any number.</summary>
    public bool HasManyRows { get; }

    /// <summary>Every resource has one row, so that writing the new one replaces what was there; else the old rows are removed first.</summary>
    public bool IsAlwaysOneRow { get; }

    /// <summary>Whether a column is the resource's own id, which every table has whether its view names it or not.</summary>
    public static bool IsId(ViewColumn column) => column.Name.Equals(Id, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Dates stay the text that FHIR wrote, for they may be partial (<c>1987</c>, <c>2014-02</c>); what may be an array or an object is JSON.
    /// </summary>
    public static ColumnType TypeOf(ViewColumn column) => column switch
    {
        { IsCollection: true } or { Kind: ViewColumnKind.Json } => ColumnType.Json,
        { Kind: ViewColumnKind.Boolean } => ColumnType.Boolean,
        { Kind: ViewColumnKind.Integer } => ColumnType.Integer,
        { Kind: ViewColumnKind.Numeric } => ColumnType.Numeric,
        _ => ColumnType.Text,
    };

    private static bool Iterates(ViewSelect select) =>
        select.Iteration != ViewIteration.None || select.UnionAll.Count > 0 || select.Selects.Any(Iterates);
}

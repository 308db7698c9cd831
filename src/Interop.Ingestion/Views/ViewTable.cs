using System.Collections.Immutable;
using Interop.Fhir.Views;
using Interop.Storage;

namespace Interop.Ingestion.Views;

/// <summary>
/// A view as a normalized table: source, id, the view's columns, run_id, loaded_at. Where a resource can have several rows they are
/// numbered (row_index, part of the key). A column of dates has two columns of instants beside it, its interval
/// (<see cref="DateInterval"/>):
/// <c>birth_date</c>, <c>birth_date_start</c>, <c>birth_date_end</c>. The raw JSON is in <c>resources</c> only.
/// </summary>
internal sealed class ViewTable
{
    public const string Source = "source";
    public const string Id = "id";
    public const string RowIndex = "row_index";
    public const string RunId = "run_id";
    public const string LoadedAt = "loaded_at";

    /// <summary>
    /// The layout of the tables that this program makes. 1: the raw JSON in each row (column raw), without what came with 2: loaded_at,
    /// intervals of dates, indexes. A table with layout 1 is written as it is until a run has filled its successor.
    /// </summary>
    public const int CurrentLayout = 2;

    private const string Raw = "raw";

    public const string PatientId = "patient_id";

    private readonly HashSet<ViewColumn> _withInterval = [];

    /// <param name="view">A view that <see cref="ViewTableRules"/> let through.</param>
    /// <param name="tableName">The view's name, or another while the table is being filled.</param>
    /// <param name="layout">The layout of the table in the database.</param>
    public ViewTable(CompiledView view, string tableName, int layout = CurrentLayout)
    {
        Layout = layout;
        View = view;
        HasManyRows = view.Definition.Select.Any(Iterates);
        IsAlwaysOneRow = !HasManyRows && view.Definition.Where.Count == 0;
        var columns = ImmutableArray.CreateBuilder<Column>();
        columns.Add(new Column(Source, ColumnType.Text, Nullable: false));
        columns.Add(new Column(Id, ColumnType.Text, Nullable: false));
        if (HasManyRows)
            columns.Add(new Column(RowIndex, ColumnType.Integer, Nullable: false));
        var own = ImmutableArray.CreateBuilder<Column>();
        var names = view.Columns.Select(c => c.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var column in view.Columns)
        {
            if (IsId(column))
                continue;
            var stored = new Column(column.Name, TypeOf(column));
            own.Add(stored);
            columns.Add(stored);
            if (layout == 1 || !IsDate(column) || names.Contains(StartOf(column.Name)) || names.Contains(EndOf(column.Name)))
                continue;
            _withInterval.Add(column);
            columns.Add(new Column(StartOf(column.Name), ColumnType.Timestamp));
            columns.Add(new Column(EndOf(column.Name), ColumnType.Timestamp));
        }

        Columns = own.ToImmutable();
        columns.Add(new Column(RunId, ColumnType.Integer, Nullable: false));
        if (layout > 1)
            columns.Add(new Column(LoadedAt, ColumnType.Timestamp, Nullable: false));
        else if (!HasManyRows)
            columns.Add(new Column(Raw, ColumnType.Json, Nullable: false));
        Shape = new TableShape(tableName, columns.ToImmutable(), HasManyRows ? [Source, Id, RowIndex] : [Source, Id]);
    }

    public CompiledView View { get; }

    /// <summary>The view's own columns but <c>id</c>, in its order: what callers of the API and exports see.</summary>
    public ImmutableArray<Column> Columns { get; }

    public int Layout { get; }

    /// <summary>
    /// Whether the view is a user's: a resource that it fails on is stored and listed in <c>view_failures</c>. A resource that one of the
    /// platform's own views fails on is a dead letter.
    /// </summary>
    public bool IsUserDefined { get; init; }

    /// <summary>The view's name.</summary>
    public string Name => View.Definition.Name!;

    /// <summary>The resource type it reads.</summary>
    public string ResourceType => View.Definition.Resource;

    public TableShape Shape { get; }

    /// <summary>The columns that say which row it is.</summary>
    public IEnumerable<Column> KeyColumns => Shape.Columns.Where(c => Shape.Key.Contains(c.Name));

    /// <summary>A resource can have several rows, and then any number.</summary>
    public bool HasManyRows { get; }

    /// <summary>Every resource has exactly one row, so that an upsert replaces it; otherwise the old rows are deleted first.</summary>
    public bool IsAlwaysOneRow { get; }

    /// <summary>Whether a column is the resource's id. Every table has one, also when its view does not name it.</summary>
    public static bool IsId(ViewColumn column) => column.Name.Equals(Id, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Dates are stored as the text that FHIR sent, because they may be partial (<c>1987</c>, <c>2014-02</c>). Arrays and objects are JSON.
    /// </summary>
    public static ColumnType TypeOf(ViewColumn column) =>
        column switch
        {
            { IsCollection: true } or { Kind: ViewColumnKind.Json } => ColumnType.Json,
            { Kind: ViewColumnKind.Boolean } => ColumnType.Boolean,
            { Kind: ViewColumnKind.Integer } => ColumnType.Integer,
            { Kind: ViewColumnKind.Numeric } => ColumnType.Numeric,
            _ => ColumnType.Text,
        };

    /// <summary>Whether the two columns after this one hold its interval.</summary>
    public bool HasInterval(ViewColumn column) => _withInterval.Contains(column);

    /// <summary>The column of the first instant of a column of dates; null for another column.</summary>
    public Column? StartColumn(Column column) => IntervalColumn(column, StartOf(column.Name));

    /// <summary>The column of the instant after the last one of a column of dates; null for another column.</summary>
    public Column? EndColumn(Column column) => IntervalColumn(column, EndOf(column.Name));

    /// <summary>The columns of dates with the columns of their first instants, in the view's order.</summary>
    public IEnumerable<(string Text, string Start)> DatedColumns() =>
        View.Columns.Where(HasInterval).Select(c => (c.Name, StartOf(c.Name)));

    /// <summary>The columns of the indexes beside the key: the patient, and the first date.</summary>
    public IEnumerable<string> IndexedColumns() =>
        Shape
            .Columns.Where(c => c.Name == PatientId)
            .Take(1)
            .Concat(Shape.Columns.Where(c => c.Type == ColumnType.Timestamp && c.Name != LoadedAt).Take(1))
            .Select(c => c.Name);

    private Column? IntervalColumn(Column column, string name) =>
        _withInterval.Any(dates => dates.Name == column.Name) ? Shape.Columns.First(c => c.Name == name) : null;

    private static string StartOf(string column) => $"{column}_start";

    private static string EndOf(string column) => $"{column}_end";

    private static bool IsDate(ViewColumn column) =>
        column is { IsCollection: false, Kind: ViewColumnKind.Date or ViewColumnKind.DateTime };

    private static bool Iterates(ViewSelect select) =>
        select.Iteration != ViewIteration.None || select.UnionAll.Count > 0 || select.Selects.Any(Iterates);
}

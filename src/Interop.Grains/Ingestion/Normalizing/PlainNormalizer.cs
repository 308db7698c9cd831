using System.Collections.Immutable;
using System.Text.Json;
using Interop.Storage;

namespace Interop.Ingestion.Normalizing;

/// <summary>A table whose columns are read by plain functions, one row per resource.</summary>
internal sealed class PlainNormalizer : INormalizer
{
    private readonly ImmutableArray<NormalizedColumn> _columns;

    public PlainNormalizer(string resourceType, string table, params ImmutableArray<NormalizedColumn> columns)
    {
        _columns = columns;
        ResourceType = resourceType;
        Table = new TableShape(
            table,
            [
                new Column("source", ColumnType.Text, Nullable: false),
                new Column("id", ColumnType.Text, Nullable: false),
                .. columns.Select(c => new Column(c.Name, c.Type)),
                new Column("run_id", ColumnType.Integer, Nullable: false),
                new Column("raw", ColumnType.Json, Nullable: false),
            ],
            ["source", "id"]);
    }

    public string ResourceType { get; }

    public TableShape Table { get; }

    public void Append(RowBatch rows, JsonElement resource, in RowOrigin origin)
    {
        rows.BeginRow();
        rows.WriteText(origin.Source);
        rows.WriteText(origin.Id);
        foreach (var column in _columns)
        {
            if (column.Read(resource) is not { } value)
                rows.WriteNull();
            else if (column.Type == ColumnType.Numeric)
                rows.WriteNumeric(System.Text.Encoding.ASCII.GetBytes(value));
            else
                rows.WriteText(value);
        }

        rows.WriteInteger(origin.RunId);
        rows.WriteUtf8(origin.Raw.Span);
    }
}

/// <param name="Read">The column's value as its text, or null.</param>
internal sealed record NormalizedColumn(string Name, ColumnType Type, Func<JsonElement, string?> Read);

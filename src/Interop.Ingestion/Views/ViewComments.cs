using Interop.Fhir.Views;
using Interop.Storage;

namespace Interop.Ingestion.Views;

/// <summary>What each table and column of a view is, as statements that PostgreSQL keeps with it (shown by <c>\d+</c>).</summary>
internal static class ViewComments
{
    public static IEnumerable<string> Of(ViewTable table)
    {
        var name = TableSql.Quote(table.Shape.Name);
        yield return $"COMMENT ON TABLE {name} IS {Text(OfTable(table))}";
        foreach (var (column, text) in OfColumns(table))
            yield return $"COMMENT ON COLUMN {name}.{TableSql.Quote(column)} IS {Text(text)}";
    }

    /// <summary>What a row is.</summary>
    public static string OfTable(ViewTable table) =>
        $"SQL on FHIR view {table.Name}: {(table.HasManyRows ? "rows" : "one row")} of each {table.ResourceType}. "
        + "The raw JSON is in resources (source, resource_type, resource_id).";

    /// <summary>What each column of the table holds, in the order of the table.</summary>
    public static IEnumerable<(string Column, string Text)> OfColumns(ViewTable table)
    {
        yield return (ViewTable.Source, "Name of the FHIR server in the settings");
        yield return (ViewTable.Id, $"Id of the {table.ResourceType} on its server");
        if (table.HasManyRows)
            yield return (ViewTable.RowIndex, "Number of the row among those of its resource, from 0");
        foreach (var column in table.View.Columns.Where(c => !ViewTable.IsId(c)))
        {
            yield return (column.Name, Described(column));
            if (!table.HasInterval(column))
                continue;
            yield return ($"{column.Name}_start", $"First instant of {column.Name} (UTC where it has no time zone)");
            yield return ($"{column.Name}_end", $"Instant after the last one of {column.Name}");
        }

        yield return (ViewTable.RunId, "Run that wrote the row (ingestion_runs)");
        if (table.Layout > 1)
            yield return (ViewTable.LoadedAt, "When the row was written");
    }

    private static string Described(ViewColumn column) => $"{column.Type ?? "value"}: {column.Path}";

    private static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}

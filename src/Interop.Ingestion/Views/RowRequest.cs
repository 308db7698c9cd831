using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Interop.Storage;
using Interop.Views;

namespace Interop.Ingestion.Views;

/// <summary>
/// A <see cref="RowSelection"/> that was checked against the table: its columns exist, and its values are of their kind. Only names of the
/// table's columns and values of .NET types get from here to the store.
/// </summary>
/// <param name="SortBy">Null: the order of the keys.</param>
internal sealed record RowRequest(ImmutableArray<RowTest> Tests, Column? SortBy, bool IsDescending)
{
    public static readonly RowRequest All = new([], null, false);

    /// <exception cref="RowSelectionException">The selection does not fit the table. The message does not repeat the values.</exception>
    public static RowRequest Of(ViewTable table, RowSelection? selection)
    {
        if (selection is null)
            return All;
        if (selection.Conditions.Length > RowSelection.MaxConditions)
            throw new RowSelectionException($"there are more than {RowSelection.MaxConditions} filters");
        var sortBy = selection.SortBy is { } name ? Find(table, name) : null;
        if (sortBy is { Type: ColumnType.Json })
            throw new RowSelectionException($"rows cannot be sorted by {sortBy.Name}, which holds JSON");
        return new RowRequest(
            [.. selection.Conditions.Select(condition => Test(table, condition))],
            sortBy is null ? null : table.StartColumn(sortBy) ?? sortBy,
            selection.IsDescending
        );
    }

    /// <summary>The columns that a row shows, the key's first.</summary>
    public static ImmutableArray<RowColumn> Describe(ViewTable table) =>
        [.. table.KeyColumns.Concat(table.Columns).Select(column => new RowColumn(column.Name, KindOf(table, column)))];

    private static RowColumnKind KindOf(ViewTable table, Column column) =>
        column.Type switch
        {
            ColumnType.Boolean => RowColumnKind.Boolean,
            ColumnType.Integer or ColumnType.Numeric => RowColumnKind.Number,
            ColumnType.Json => RowColumnKind.Json,
            _ => table.StartColumn(column) is null ? RowColumnKind.Text : RowColumnKind.Date,
        };

    private static Column Find(ViewTable table, string name) =>
        table.KeyColumns.Concat(table.Columns).FirstOrDefault(column => column.Name == name)
        ?? throw new RowSelectionException($"the table {table.Name} has no column of the name that a filter or the order gives");

    private static RowTest Test(ViewTable table, RowCondition condition)
    {
        var column = Find(table, condition.Column);
        if (condition.Comparison is RowComparison.IsEmpty or RowComparison.IsNotEmpty)
            return new RowTest(column, condition.Comparison == RowComparison.IsEmpty ? RowTestKind.Empty : RowTestKind.NotEmpty);
        var value = condition.Value;
        if (value.Length == 0)
            throw new RowSelectionException($"the filter of {column.Name} has no value");
        if (value.Length > RowCondition.MaxValueLength)
            throw new RowSelectionException($"the filter of {column.Name} has more than {RowCondition.MaxValueLength} characters");
        if (!IsStorable(value))
            throw new RowSelectionException($"the filter of {column.Name} has the character NUL or a half of a character pair");
        if (condition.Comparison == RowComparison.Contains)
            return new RowTest(column, RowTestKind.Contains, value);
        return KindOf(table, column) switch
        {
            RowColumnKind.Number => new RowTest(column, Ordered(condition.Comparison), Number(column, value)),
            RowColumnKind.Date => Date(table, column, condition.Comparison, value),
            RowColumnKind.Boolean when condition.Comparison == RowComparison.EqualTo => new RowTest(
                column,
                RowTestKind.Equal,
                value switch
                {
                    "true" => true,
                    "false" => false,
                    _ => throw new RowSelectionException($"{column.Name} is compared with true or false"),
                }
            ),
            RowColumnKind.Text when condition.Comparison == RowComparison.EqualTo => new RowTest(column, RowTestKind.Equal, value),
            RowColumnKind.Json => throw new RowSelectionException($"{column.Name} holds JSON: use the comparison contains"),
            var kind => throw new RowSelectionException(
                $"{column.Name} is a {kind.ToString().ToLowerInvariant()} column, which has no smallest and largest value: use equals"
            ),
        };
    }

    private static RowTestKind Ordered(RowComparison comparison) =>
        comparison switch
        {
            RowComparison.AtLeast => RowTestKind.AtLeast,
            RowComparison.AtMost => RowTestKind.AtMost,
            _ => RowTestKind.Equal,
        };

    private static decimal Number(Column column, string value) =>
        decimal.TryParse(
            value,
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out var number
        )
            ? number
            : throw new RowSelectionException($"{column.Name} is compared with a number, such as 7 or 6.3");

    /// <summary>Dates are compared by their intervals, because they may be partial.</summary>
    private static RowTest Date(ViewTable table, Column column, RowComparison comparison, string value)
    {
        if (!DateInterval.TryParse(Encoding.UTF8.GetBytes(value), out var interval))
            throw new RowSelectionException($"{column.Name} is compared with a date, such as 2014, 2014-02 or 2014-02-07");
        var (start, end) = (table.StartColumn(column)!, table.EndColumn(column)!);
        return comparison switch
        {
            RowComparison.AtLeast => new RowTest(end, RowTestKind.Above, interval.Start),
            RowComparison.AtMost => new RowTest(start, RowTestKind.Below, interval.End),
            _ => new RowTest(start, RowTestKind.AtLeast, interval.Start) { And = new RowTest(end, RowTestKind.AtMost, interval.End) },
        };
    }

    /// <summary>Whether both databases can take the text as a parameter.</summary>
    private static bool IsStorable(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (text[0] == '\0' || Rune.DecodeFromUtf16(text, out _, out var length) != OperationStatus.Done)
                return false;
            text = text[length..];
        }

        return true;
    }
}

internal enum RowTestKind
{
    Equal,
    Contains,
    AtLeast,
    AtMost,
    Above,
    Below,
    Empty,
    NotEmpty,
}

/// <summary>A comparison of a column of the table with a value: a string, a decimal, a bool or a DateTimeOffset.</summary>
/// <param name="Value">Null for the kinds that need none.</param>
internal sealed record RowTest(Column Column, RowTestKind Kind, object? Value = null)
{
    /// <summary>A second comparison that must hold too.</summary>
    public RowTest? And { get; init; }
}

/// <summary>A selection that does not fit its table; the message says which part.</summary>
internal sealed class RowSelectionException(string message) : Exception(message);

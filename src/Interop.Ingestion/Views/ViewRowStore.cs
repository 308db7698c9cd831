using System.Data.Common;
using System.Globalization;
using Interop.Storage;

namespace Interop.Ingestion.Views;

/// <summary>Where a page of rows ended.</summary>
/// <param name="SortValue">The last row's value of the column that rows are sorted by; null when it has none.</param>
internal sealed record RowPosition(string Source, string Id, long RowIndex, string? SortValue);

/// <summary>Reads the rows of view tables. Each value of a caller is a parameter; each name is a quoted name of a column of the
/// table.</summary>
internal static class ViewRowStore
{
    /// <summary>Calls <paramref name="read"/> for each row after a position, until it returns false.</summary>
    /// <param name="columns">The columns to read, the key's first; numbers as text, because PostgreSQL's numeric has more digits than any
    /// .NET number. The reader's last column is the one that rows are sorted by, if there is one.</param>
    public static async Task ReadAsync(
        DbSession session,
        ViewTable table,
        IReadOnlyList<Column> columns,
        RowRequest request,
        RowPosition? after,
        int limit,
        Func<DbDataReader, ValueTask<bool>> read,
        CancellationToken cancellationToken
    )
    {
        await using var command = session.Connection.CreateCommand();
        command.Transaction = session.Transaction;
        var where = request.Tests.Select(test => Condition(command, session.Dialect, test)).ToList();
        if (after is not null)
            where.Add(After(command, session.Dialect, table, request, after));
        var values = columns.Select(TextOf);
        var order = Names(table.Shape.Key);
        if (request.SortBy is { } sortBy)
        {
            values = values.Append(session.Dialect == SqlDialect.Postgres ? TextOf(sortBy) : TableSql.Quote(sortBy.Name));
            // With the table's name: else PostgreSQL sorts by the text of the number, which has the same name in the result.
            order = $"t.{TableSql.Quote(sortBy.Name)} {(request.IsDescending ? "DESC" : "ASC")} NULLS LAST, {order}";
        }

        command.CommandText = $"""
            SELECT {string.Join(", ", values)} FROM {TableSql.Quote(table.Shape.Name)} AS t
            WHERE {string.Join(" AND ", where.DefaultIfEmpty("1 = 1"))}
            ORDER BY {order} LIMIT {Add(command, session.Dialect, limit)}
            """;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (!await read(reader))
                break;
        }
    }

    /// <summary>The value that the row is sorted by, so that <see cref="RowPosition"/> can continue after it.</summary>
    public static string? SortValue(DbDataReader reader, Column? sortBy)
    {
        var at = reader.FieldCount - 1;
        if (sortBy is null || reader.IsDBNull(at))
            return null;
        return reader.GetValue(at) switch
        {
            DateTime instant => instant.ToString("O", CultureInfo.InvariantCulture),
            double number => number.ToString("R", CultureInfo.InvariantCulture),
            var value => Convert.ToString(value, CultureInfo.InvariantCulture),
        };
    }

    private static string Condition(DbCommand command, SqlDialect dialect, RowTest test)
    {
        var column = TableSql.Quote(test.Column.Name);
        var condition = test.Kind switch
        {
            RowTestKind.Empty when test.Column.Type == ColumnType.Json => $"({column} IS NULL OR CAST({column} AS text) = '[]')",
            RowTestKind.Empty => $"{column} IS NULL",
            RowTestKind.NotEmpty when test.Column.Type == ColumnType.Json => $"CAST({column} AS text) <> '[]'",
            RowTestKind.NotEmpty => $"{column} IS NOT NULL",
            RowTestKind.Contains => Contains(command, dialect, column, (string)test.Value!),
            _ => $"{column} {Operator(test.Kind)} {Add(command, dialect, test.Value!)}",
        };
        return test.And is { } and ? $"{condition} AND {Condition(command, dialect, and)}" : condition;
    }

    private static string Contains(DbCommand command, SqlDialect dialect, string column, string value)
    {
        var pattern =
            $"%{value.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal)}%";
        var like = dialect == SqlDialect.Postgres ? "ILIKE" : "LIKE";
        return $@"CAST({column} AS text) {like} {Add(command, dialect, pattern)} ESCAPE '\'";
    }

    private static string Operator(RowTestKind kind) =>
        kind switch
        {
            RowTestKind.Equal => "=",
            RowTestKind.AtLeast => ">=",
            RowTestKind.AtMost => "<=",
            RowTestKind.Above => ">",
            RowTestKind.Below => "<",
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };

    /// <summary>Rows after the last one in the order of the request: rows without a value come last, equal values are in the order of
    /// keys.</summary>
    private static string After(DbCommand command, SqlDialect dialect, ViewTable table, RowRequest request, RowPosition position)
    {
        List<string> key = [Add(command, dialect, position.Source), Add(command, dialect, position.Id)];
        if (table.HasManyRows)
            key.Add(Add(command, dialect, position.RowIndex));
        var afterKey = $"({Names(table.Shape.Key)}) > ({string.Join(", ", key)})";
        if (request.SortBy is not { } sortBy)
            return afterKey;
        var column = TableSql.Quote(sortBy.Name);
        if (position.SortValue is not { } text)
            return $"({column} IS NULL AND {afterKey})";
        var value = Add(command, dialect, Value(sortBy.Type, dialect, text));
        return $"({column} {(request.IsDescending ? "<" : ">")} {value} OR ({column} = {value} AND {afterKey}) OR {column} IS NULL)";
    }

    /// <summary>The value that <see cref="SortValue"/> wrote, as the database's type.</summary>
    private static object Value(ColumnType type, SqlDialect dialect, string text) =>
        type switch
        {
            ColumnType.Integer => long.Parse(text, CultureInfo.InvariantCulture),
            ColumnType.Boolean => dialect == SqlDialect.Postgres ? bool.Parse(text) : long.Parse(text, CultureInfo.InvariantCulture),
            ColumnType.Numeric when dialect == SqlDialect.Postgres => new Digits(text),
            ColumnType.Numeric => long.TryParse(text, CultureInfo.InvariantCulture, out var whole) ? whole
            : double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number
            : text,
            ColumnType.Timestamp when dialect == SqlDialect.Postgres => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture),
            _ => text,
        };

    private static string TextOf(Column column) =>
        column.Type == ColumnType.Numeric ? $"CAST({TableSql.Quote(column.Name)} AS text)" : TableSql.Quote(column.Name);

    private static string Names(IEnumerable<string> columns) => string.Join(", ", columns.Select(TableSql.Quote));

    /// <summary>Adds a parameter and returns the expression that stands for it.</summary>
    private static string Add(DbCommand command, SqlDialect dialect, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = $"@p{command.Parameters.Count}";
        parameter.Value = value switch
        {
            Digits digits => digits.Text,
            decimal number => number.ToString(CultureInfo.InvariantCulture),
            DateTimeOffset instant when dialect == SqlDialect.Sqlite => instant.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
            DateTimeOffset instant => instant.ToUniversalTime(),
            _ => value,
        };
        command.Parameters.Add(parameter);
        return value is decimal or Digits ? $"CAST({parameter.ParameterName} AS numeric)" : parameter.ParameterName;
    }

    /// <summary>A number of any precision.</summary>
    private readonly record struct Digits(string Text);
}

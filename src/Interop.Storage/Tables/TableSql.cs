using System.Text;

namespace Interop.Storage;

/// <summary>Creates statements from a table's shape.</summary>
public static class TableSql
{
    /// <summary>A quoted name, which may be a keyword: <c>"end"</c>, <c>"start"</c>.</summary>
    public static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary><c>CREATE TABLE IF NOT EXISTS</c> with the shape's columns and its key as primary key.</summary>
    public static string CreateTable(TableShape shape, SqlDialect dialect)
    {
        var sql = new StringBuilder("CREATE TABLE IF NOT EXISTS ").Append(Quote(shape.Name)).Append(" (");
        foreach (var column in shape.Columns)
        {
            sql.Append(Quote(column.Name)).Append(' ').Append(TypeName(column.Type, dialect));
            // Keys are compared as bytes: the rules of a language are much slower and differ between machines.
            if (dialect == SqlDialect.Postgres && column.Type == ColumnType.Text && shape.Key.Contains(column.Name))
                sql.Append(" COLLATE \"C\"");
            // SQLite accepts null in a primary key unless NOT NULL is given.
            if (!column.Nullable || shape.Key.Contains(column.Name))
                sql.Append(" NOT NULL");
            sql.Append(", ");
        }
        return sql.Append("PRIMARY KEY (").Append(Names(shape.Key)).Append("))").ToString();
    }

    /// <summary>The dialect's name of a column type.</summary>
    public static string TypeName(ColumnType type, SqlDialect dialect) =>
        dialect switch
        {
            SqlDialect.Postgres => type switch
            {
                ColumnType.Text => "text",
                ColumnType.Integer => "bigint",
                ColumnType.Boolean => "boolean",
                ColumnType.Numeric => "numeric",
                ColumnType.Real => "double precision",
                ColumnType.Timestamp => "timestamptz",
                ColumnType.Json => "json",
                ColumnType.Binary => "bytea",
                _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
            },
            SqlDialect.Sqlite => type switch
            {
                ColumnType.Text or ColumnType.Timestamp or ColumnType.Json => "TEXT",
                ColumnType.Integer or ColumnType.Boolean => "INTEGER",
                ColumnType.Numeric => "NUMERIC",
                ColumnType.Real => "REAL",
                ColumnType.Binary => "BLOB",
                _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
            },
            _ => throw new ArgumentOutOfRangeException(nameof(dialect), dialect, null),
        };

    /// <summary>PostgreSQL's <c>COPY</c> with the shape's columns in order.</summary>
    internal static string CopyInto(TableShape shape) =>
        $"COPY {Quote(shape.Name)} ({Names(shape.Columns.Select(column => column.Name))}) FROM STDIN (FORMAT BINARY)";

    internal static string Names(IEnumerable<string> names) => string.Join(", ", names.Select(Quote));

    /// <summary><c>INSERT INTO .. {source} ON CONFLICT ..</c>. In a predicate, "old" is the existing row.</summary>
    internal static string Upsert(TableShape shape, UpsertRule rule, string source)
    {
        var sql = new StringBuilder("INSERT INTO ")
            .Append(Quote(shape.Name))
            .Append(" AS \"old\" (")
            .Append(Names(shape.Columns.Select(column => column.Name)))
            .Append(") ")
            .Append(source);
        if (rule is UpsertRule.RefuseRule)
            return sql.ToString();
        sql.Append(" ON CONFLICT (").Append(Names(shape.Key)).Append(") ");
        var others = shape.Columns.Where(column => !shape.Key.Contains(column.Name)).Select(column => Quote(column.Name)).ToList();
        if (rule is UpsertRule.KeepExistingRule || others.Count == 0)
            return sql.Append("DO NOTHING").ToString();
        sql.Append("DO UPDATE SET ").AppendJoin(", ", others.Select(name => $"{name} = excluded.{name}"));
        if (rule is UpsertRule.ReplaceWhereRule where)
            sql.Append(" WHERE ").Append(where.Predicate);
        return sql.ToString();
    }
}

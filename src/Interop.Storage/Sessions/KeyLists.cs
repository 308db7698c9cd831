using System.Text.Json;

namespace Interop.Storage;

/// <summary>Parts of statements over many keys. The keys are one parameter: an array on PostgreSQL, a JSON array on SQLite.</summary>
public static class KeyLists
{
    /// <summary>A condition: the expression equals one of the values in a parameter that <see cref="ArrayOf{T}"/> created.</summary>
    /// <param name="session">Its dialect is used.</param>
    /// <param name="expression">A column or another SQL expression of the program, never text from outside.</param>
    /// <param name="parameter">The parameter's name with its @.</param>
    public static string IsAnyOf(this DbSession session, string expression, string parameter) =>
        session.Dialect == SqlDialect.Postgres
            ? $"{expression} = ANY({parameter})"
            : $"{expression} IN (SELECT value FROM json_each({parameter}))";

    /// <summary>
    /// A query that looks up each key in an index. Right after a bulk load PostgreSQL has no statistics of the table, and would otherwise
    /// read all rows of a source and type and filter them.
    /// </summary>
    /// <param name="session">Its dialect is used.</param>
    /// <param name="columns">The columns to select.</param>
    /// <param name="table">The table to read.</param>
    /// <param name="condition">A condition besides the key.</param>
    /// <param name="key">The key's column or indexed expression.</param>
    /// <param name="parameter">The parameter's name with its @.</param>
    public static string SelectByKeys(
        this DbSession session,
        string columns,
        string table,
        string condition,
        string key,
        string parameter
    ) =>
        session.Dialect == SqlDialect.Postgres
            // OFFSET 0 keeps the planner from merging the inner query into the outer one; so it stays a loop over the keys.
            ? $"SELECT found.* FROM unnest({parameter}) AS wanted(key) CROSS JOIN LATERAL (SELECT {columns} FROM {table} WHERE {condition} AND {key} = wanted.key OFFSET 0) AS found"
            : $"SELECT {columns} FROM {table} WHERE {condition} AND {session.IsAnyOf(key, parameter)}";

    /// <summary>The values as a parameter of the dialect's type.</summary>
    public static object ArrayOf<T>(this DbSession session, IEnumerable<T> values) =>
        session.Dialect == SqlDialect.Postgres ? values.ToArray() : JsonSerializer.Serialize(values);
}

using System.Text.Json;

namespace Interop.Storage;

/// <summary>Statements over many keys at once, the keys as one parameter: an array on PostgreSQL, a JSON array on SQLite.</summary>
public static class KeyLists
{
    /// <summary>The condition that an expression is one of the values in a parameter that <see cref="ArrayOf{T}"/> made.</summary>
    /// <param name="session">Gives the dialect.</param>
    /// <param name="expression">A column, or what else the statement's author wrote; never a user's text.</param>
    /// <param name="parameter">The parameter's name with its @.</param>
    public static string IsAnyOf(this DbSession session, string expression, string parameter) =>
        session.Dialect == SqlDialect.Postgres
            ? $"{expression} = ANY({parameter})"
            : $"{expression} IN (SELECT value FROM json_each({parameter}))";

    /// <summary>
    /// A query that looks each key up in an index: one descent a key, whatever the planner believes about the table. Right after a bulk load
    /// PostgreSQL has no statistics, and would rather read a whole source and type and filter it.
    /// </summary>
    /// <param name="session">Gives the dialect.</param>
    /// <param name="columns">What to select.</param>
    /// <param name="table">Where from.</param>
    /// <param name="condition">What holds beside the key.</param>
    /// <param name="key">The key's column or indexed expression.</param>
    /// <param name="parameter">The parameter's name with its @.</param>
    public static string SelectByKeys(this DbSession session, string columns, string table, string condition, string key, string parameter) =>
        session.Dialect == SqlDialect.Postgres
            // OFFSET 0 keeps the inner query whole, and so the loop over the keys a loop.
            ? $"SELECT found.* FROM unnest({parameter}) AS wanted(key) CROSS JOIN LATERAL (SELECT {columns} FROM {table} WHERE {condition} AND {key} = wanted.key OFFSET 0) AS found"
            : $"SELECT {columns} FROM {table} WHERE {condition} AND {session.IsAnyOf(key, parameter)}";

    /// <summary>The values as the dialect takes them.</summary>
    public static object ArrayOf<T>(this DbSession session, IEnumerable<T> values) =>
        session.Dialect == SqlDialect.Postgres ? values.ToArray() : JsonSerializer.Serialize(values);
}

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

    /// <summary>The values as the dialect takes them.</summary>
    public static object ArrayOf<T>(this DbSession session, IEnumerable<T> values) =>
        session.Dialect == SqlDialect.Postgres ? values.ToArray() : JsonSerializer.Serialize(values);
}

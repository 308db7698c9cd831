namespace Interop.Storage;

/// <summary>The conditions of a filter whose members may be null.</summary>
public static class SqlConditions
{
    /// <summary>
    /// Joins conditions with AND. A condition whose value is null is left out. Without any condition the text is true for every row.
    /// </summary>
    /// <param name="conditions">Each value with its condition, a constant of the program in which the value is a parameter.</param>
    public static string All(params IEnumerable<(object? Value, string Condition)> conditions) =>
        string.Join(" AND ", conditions.Where(c => c.Value is not null).Select(c => c.Condition).DefaultIfEmpty("1 = 1"));
}

using System.Collections.Immutable;
using Interop.Views;

namespace Interop.Api.Views;

/// <summary>Which rows of a view's table, in which order and format.</summary>
/// <param name="Filters">A row must meet all of them.</param>
/// <param name="Sort">The column to sort by; the key when absent.</param>
/// <param name="Limit">All when absent.</param>
/// <param name="Format">json, csv or ndjson; json when absent.</param>
public sealed record RowSearchRequest(ImmutableArray<RowFilter>? Filters, string? Sort, bool Descending, long? Limit, string? Format)
{
    private static readonly Dictionary<string, RowComparison> Comparisons = new(StringComparer.Ordinal)
    {
        ["equals"] = RowComparison.EqualTo,
        ["contains"] = RowComparison.Contains,
        ["at_least"] = RowComparison.AtLeast,
        ["at_most"] = RowComparison.AtMost,
        ["is_empty"] = RowComparison.IsEmpty,
        ["is_not_empty"] = RowComparison.IsNotEmpty,
    };

    /// <summary>The selection, or null and what is wrong with the request.</summary>
    internal RowSelection? Selection(out string? problem)
    {
        problem = Limit < 0 ? "limit must not be negative" : null;
        if (problem is not null)
            return null;
        var conditions = ImmutableArray.CreateBuilder<RowCondition>();
        foreach (var filter in Filters ?? [])
        {
            if (filter is not { Column: { } column, Comparison: { } name } || !Comparisons.TryGetValue(name, out var comparison))
            {
                problem = $"each filter needs a column and a comparison: {string.Join(", ", Comparisons.Keys)}";
                return null;
            }

            conditions.Add(new RowCondition(column, comparison, filter.Value ?? ""));
        }

        return new RowSelection(conditions.ToImmutable(), Sort, Descending);
    }
}

/// <summary>One condition.</summary>
/// <param name="Column">A column of the table.</param>
/// <param name="Comparison">equals, contains, at_least, at_most, is_empty or is_not_empty.</param>
/// <param name="Value">At most 1,000 characters: a text, a number, true or false, or a date such as 2014-02.</param>
public sealed record RowFilter(string? Column, string? Comparison, string? Value);

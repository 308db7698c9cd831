using Interop.Views;

namespace Interop.Dashboard.Pages.Data;

/// <summary>The comparisons of filters in words.</summary>
internal static class RowWords
{
    private static readonly RowComparison[] Presence = [RowComparison.IsEmpty, RowComparison.IsNotEmpty];

    /// <summary>The comparisons that a column has, the usual one first.</summary>
    public static IReadOnlyList<RowComparison> Comparisons(RowColumnKind kind) =>
        kind switch
        {
            RowColumnKind.Number => [RowComparison.EqualTo, RowComparison.AtLeast, RowComparison.AtMost, .. Presence],
            RowColumnKind.Date => [RowComparison.AtLeast, RowComparison.AtMost, RowComparison.EqualTo, .. Presence],
            RowColumnKind.Boolean => [RowComparison.EqualTo, .. Presence],
            RowColumnKind.Json => [RowComparison.Contains, .. Presence],
            _ => [RowComparison.Contains, RowComparison.EqualTo, .. Presence],
        };

    public static string Of(RowComparison comparison, RowColumnKind kind) =>
        comparison switch
        {
            RowComparison.EqualTo => kind == RowColumnKind.Date ? "is in" : "equals",
            RowComparison.Contains => "contains",
            RowComparison.AtLeast => kind == RowColumnKind.Date ? "from" : "at least",
            RowComparison.AtMost => kind == RowColumnKind.Date ? "until" : "at most",
            RowComparison.IsEmpty => "is empty",
            _ => "is not empty",
        };

    /// <summary>A condition as the page lists it.</summary>
    public static string Of(RowCondition condition, RowColumnKind kind) =>
        $"{condition.Column} {Of(condition.Comparison, kind)} {condition.Value}".TrimEnd();

    /// <summary>The name of a comparison in the API.</summary>
    public static string ApiName(RowComparison comparison) =>
        comparison switch
        {
            RowComparison.EqualTo => "equals",
            RowComparison.Contains => "contains",
            RowComparison.AtLeast => "at_least",
            RowComparison.AtMost => "at_most",
            RowComparison.IsEmpty => "is_empty",
            _ => "is_not_empty",
        };
}

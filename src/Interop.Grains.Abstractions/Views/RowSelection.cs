using System.Collections.Immutable;

namespace Interop.Views;

/// <summary>What a column of a view table holds. It decides how the column is compared and whether rows can be sorted by it.</summary>
public enum RowColumnKind
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>A whole number or a decimal.</summary>
    Number,

    /// <summary>A FHIR date, dateTime or instant, which may be partial: <c>1987</c>, <c>2014-02</c>.</summary>
    Date,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A collection or an object as JSON. Rows cannot be sorted by it.</summary>
    Json,
}

/// <summary>A column of a view table.</summary>
/// <param name="Name">As the view names it; <c>source</c> and <c>id</c> come first.</param>
[GenerateSerializer, Immutable, Alias("Interop.RowColumn")]
public sealed record RowColumn(string Name, RowColumnKind Kind);

/// <summary>How a cell is compared with a value.</summary>
public enum RowComparison
{
    /// <summary>The cell is the value. A date equals a shorter one that contains it: <c>2014-02-07</c> equals <c>2014-02</c>.</summary>
    EqualTo,

    /// <summary>The cell's text contains the value; upper and lower case are equal (in SQLite for the letters A to Z only).</summary>
    Contains,

    /// <summary>For numbers, and for dates of which a part lies at or after the beginning of the value.</summary>
    AtLeast,

    /// <summary>For numbers, and for dates of which a part lies before the end of the value.</summary>
    AtMost,

    /// <summary>The cell is null, or a collection without elements. The value is ignored.</summary>
    IsEmpty,

    /// <summary>The opposite of <see cref="IsEmpty"/>. The value is ignored.</summary>
    IsNotEmpty,
}

/// <summary>One condition on a row.</summary>
/// <param name="Column">The name of a column of the table.</param>
/// <param name="Value">At most <see cref="MaxValueLength"/> characters; a number with a decimal point, a date as FHIR writes it.</param>
[GenerateSerializer, Immutable, Alias("Interop.RowCondition")]
public sealed record RowCondition(string Column, RowComparison Comparison, string Value)
{
    /// <summary>The limit of <see cref="Value"/>.</summary>
    public const int MaxValueLength = 1000;
}

/// <summary>Which rows of a view table, and in which order.</summary>
/// <param name="Conditions">A row must meet all of them; at most <see cref="MaxConditions"/>.</param>
/// <param name="SortBy">The column to sort by; null: the key. Rows without a value come last. Rows with equal values are in the order of
/// their keys.</param>
/// <param name="IsDescending">Whether the largest value comes first.</param>
[GenerateSerializer, Immutable, Alias("Interop.RowSelection")]
public sealed record RowSelection(ImmutableArray<RowCondition> Conditions, string? SortBy, bool IsDescending)
{
    /// <summary>The limit of <see cref="Conditions"/>.</summary>
    public const int MaxConditions = 20;
}

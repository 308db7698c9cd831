namespace Interop.Storage;

/// <summary>What a column holds, and how: first PostgreSQL's type, then SQLite's.</summary>
public enum ColumnType
{
    /// <summary>text, TEXT.</summary>
    Text,

    /// <summary>bigint, INTEGER.</summary>
    Integer,

    /// <summary>boolean, INTEGER 0 or 1.</summary>
    Boolean,

    /// <summary>numeric to any precision; SQLite keeps an integer of 64 bits or a double of about 15 digits.</summary>
    Numeric,

    /// <summary>double precision, REAL.</summary>
    Real,

    /// <summary>An instant: timestamptz (microseconds); text of fixed width in UTC (100 ns).</summary>
    Timestamp,

    /// <summary>json as it was received; text, unchecked.</summary>
    Json,

    /// <summary>bytea, BLOB.</summary>
    Binary,
}

/// <summary>A column of a table that takes bulk writes.</summary>
/// <param name="Name">The name as the database has it; it is always quoted.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Nullable">Whether a table made from the shape takes null here. A batch takes null anywhere and leaves the verdict to the database.</param>
public sealed record Column(string Name, ColumnType Type, bool Nullable = true);

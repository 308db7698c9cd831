namespace Interop.Storage;

/// <summary>The type of a column: first PostgreSQL's name, then SQLite's.</summary>
public enum ColumnType
{
    /// <summary>text, TEXT.</summary>
    Text,

    /// <summary>bigint, INTEGER.</summary>
    Integer,

    /// <summary>boolean, INTEGER 0 or 1.</summary>
    Boolean,

    /// <summary>numeric of any precision; SQLite stores a 64-bit integer or a double with about 15 digits.</summary>
    Numeric,

    /// <summary>double precision, REAL.</summary>
    Real,

    /// <summary>An instant: timestamptz (microseconds); text of fixed width in UTC (100 ns).</summary>
    Timestamp,

    /// <summary>json as it was received; TEXT, not checked.</summary>
    Json,

    /// <summary>bytea, BLOB.</summary>
    Binary,
}

/// <summary>A column of a table for bulk writes.</summary>
/// <param name="Name">The name in the database. It is always quoted.</param>
/// <param name="Type">The type of its values.</param>
/// <param name="Nullable">Whether a table that is created from the shape accepts null. A batch accepts null in any column; the database
/// then refuses it.</param>
public sealed record Column(string Name, ColumnType Type, bool Nullable = true);

namespace Interop.Storage;

/// <summary>The SQL of a database. Statements are written for both dialects where possible.</summary>
public enum SqlDialect
{
    /// <summary>PostgreSQL, 15 or later.</summary>
    Postgres,

    /// <summary>SQLite.</summary>
    Sqlite,
}

namespace Interop.Storage;

/// <summary>The SQL of a database. Statements are written for both dialects where possible.</summary>
public enum SqlDialect
{
    Postgres,
    Sqlite,
}

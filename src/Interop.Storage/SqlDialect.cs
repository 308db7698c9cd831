namespace Interop.Storage;

/// <summary>The SQL that a database speaks. Statements are written so that both understand them; where they cannot, this tells which.</summary>
public enum SqlDialect
{
    Postgres,
    Sqlite,
}

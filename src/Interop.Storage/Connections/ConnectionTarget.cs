using Npgsql;

namespace Interop.Storage.Connections;

/// <summary>What a connection setting names: a PostgreSQL server and database, or a SQLite file.</summary>
internal abstract record ConnectionTarget
{
    private ConnectionTarget() { }

    public T Match<T>(Func<NpgsqlConnectionStringBuilder, T> postgres, Func<string, T> sqlite) =>
        this switch
        {
            Postgres { Settings: var settings } => postgres(settings),
            Sqlite { Path: var path } => sqlite(path),
            _ => throw new InvalidOperationException($"The target {GetType().Name} is unknown"),
        };

    internal sealed record Postgres(NpgsqlConnectionStringBuilder Settings) : ConnectionTarget;

    /// <param name="Path">Absolute.</param>
    internal sealed record Sqlite(string Path) : ConnectionTarget;
}

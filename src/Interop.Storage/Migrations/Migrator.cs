using System.Reflection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Interop.Storage;

/// <summary>
/// Brings a database to the schema of the program. The migrations are SQL files embedded in an assembly as
/// <c>{folder}/Postgres/NNNN_name.sql</c> and <c>{folder}/Sqlite/NNNN_name.sql</c>, with any number of statements each.
/// </summary>
/// <remarks>
/// Each migration is one transaction: take the lock, read which migrations are applied, apply the next one and record it. So programs that
/// start together take turns, and a killed program leaves no half migration. A statement that cannot run in a transaction is not possible.
/// </remarks>
public sealed partial class Migrator
{
    // The key of PostgreSQL's advisory lock: any number, the same in all programs.
    private const long PostgresLock = 0x496E7465726F70;

    private readonly Database _database;
    private readonly IReadOnlyList<Migration> _migrations;
    private readonly string _versionTable;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    /// <param name="database">Where to apply them.</param>
    /// <param name="assembly">Where the files are embedded.</param>
    /// <param name="folder">The part of the resource names before the dialect.</param>
    /// <param name="versionTable">The table that records the applied migrations. A second set of migrations in the same database needs its
    /// own.</param>
    /// <param name="loggers">Receives a line per applied migration.</param>
    /// <param name="time">The clock for <c>applied_at</c>.</param>
    /// <exception cref="ArgumentException">The assembly has no migrations for the database's dialect, or one with a wrong name.</exception>
    public Migrator(
        Database database,
        Assembly assembly,
        string folder = "Migrations",
        string versionTable = "schema_version",
        ILoggerFactory? loggers = null,
        TimeProvider? time = null
    )
        : this(database, Migration.FromResources(assembly, folder, database.Dialect), versionTable, loggers, time) { }

    internal Migrator(
        Database database,
        IReadOnlyList<Migration> migrations,
        string versionTable = "schema_version",
        ILoggerFactory? loggers = null,
        TimeProvider? time = null
    )
    {
        _database = database;
        _migrations = migrations;
        _versionTable = TableSql.Quote(versionTable);
        _time = time ?? TimeProvider.System;
        _log = (loggers ?? NullLoggerFactory.Instance).CreateLogger<Migrator>();
    }

    /// <summary>The schema version of the program.</summary>
    public int ProgramVersion => _migrations[^1].Version;

    /// <summary>Applies the missing migrations. Call it at every start, before anything else uses the database.</summary>
    /// <returns>The number of migrations that this call applied.</returns>
    /// <exception cref="DatabaseTooNewException">The database is newer than the program.</exception>
    /// <exception cref="MigrationChangedException">An applied migration differs from the program's.</exception>
    /// <exception cref="MigrationFailedException">A migration's SQL failed.</exception>
    public async Task<int> MigrateAsync(CancellationToken cancellationToken = default)
    {
        for (var applied = 0; ; applied++)
        {
            var next = await _database.WriteAsync(ApplyNextAsync, cancellationToken);
            if (next is null)
                return applied;
            LogApplied(next.Version, next.Name, _database.Location);
        }
    }

    private async Task<Migration?> ApplyNextAsync(DbSession session, CancellationToken cancellationToken)
    {
        // No time limit: another program may be migrating, and an index over a large table takes long.
        session.CommandTimeout = TimeSpan.Zero;
        // SQLite needs no lock: it has one write transaction at a time.
        if (session.Dialect == SqlDialect.Postgres)
            await session.ExecuteAsync(
                $"SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock({PostgresLock})",
                null,
                cancellationToken
            );
        await session.ExecuteAsync(
            $"""
            CREATE TABLE IF NOT EXISTS {_versionTable} (
                version INTEGER NOT NULL PRIMARY KEY,
                name TEXT NOT NULL,
                checksum TEXT NOT NULL,
                applied_at {TableSql.TypeName(ColumnType.Timestamp, session.Dialect)} NOT NULL)
            """,
            null,
            cancellationToken
        );
        var applied = await session.QueryAsync<Applied>(
            $"SELECT version, name, checksum FROM {_versionTable} ORDER BY version",
            null,
            cancellationToken
        );
        Compare(applied);
        if (applied.Count == _migrations.Count)
            return null;

        var next = _migrations[applied.Count];
        try
        {
            await session.ExecuteAsync(next.Sql, null, cancellationToken);
        }
        catch (Exception e)
            when (_database.Classify(e) is FailureKind.Other or FailureKind.DataRefused && e is not OperationCanceledException)
        {
            throw new MigrationFailedException(
                $"Migration {next.Version:0000}_{next.Name} failed on {_database.Location} and was rolled back: {e.Message}",
                e
            );
        }
        await session.ExecuteAsync(
            $"INSERT INTO {_versionTable} (version, name, checksum, applied_at) VALUES (@Version, @Name, @Checksum, @AppliedAt)",
            new
            {
                next.Version,
                next.Name,
                next.Checksum,
                AppliedAt = _time.GetUtcNow(),
            },
            cancellationToken
        );
        return next;
    }

    private void Compare(IReadOnlyList<Applied> applied)
    {
        if (applied.Count > 0 && applied[^1].Version > ProgramVersion)
            throw new DatabaseTooNewException(_database.Location, applied[^1].Version, ProgramVersion);
        for (var i = 0; i < applied.Count; i++)
        {
            var known = _migrations[i];
            if (applied[i].Version != known.Version)
                throw new MigrationChangedException(
                    $"{_database.Location} has migration {applied[i].Version:0000}_{applied[i].Name} where this program has {known.Version:0000}_{known.Name}: "
                        + "add migrations only after the last one; give the new one the next free number"
                );
            if (applied[i].Checksum != known.Checksum)
                throw new MigrationChangedException(
                    $"Migration {known.Version:0000}_{known.Name} was changed after it was applied to {_database.Location}: "
                        + "restore its text and write the change as a new migration"
                );
        }
    }

    [LoggerMessage(1010, LogLevel.Information, "Migration {Version} {Name} applied to {Location}")]
    private partial void LogApplied(int version, string name, string location);

    private sealed record Applied(int Version, string Name, string Checksum);
}

using System.Reflection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Interop.Storage;

/// <summary>
/// Brings a database to the schema that the program was made for. The steps are SQL files embedded in an assembly as
/// <c>{folder}/Postgres/NNNN_name.sql</c> and <c>{folder}/Sqlite/NNNN_name.sql</c>, any number of statements each.
/// </summary>
/// <remarks>
/// Each step is one transaction that takes the lock, looks again at what is applied, applies the next step and records it. So programs that
/// start together take turns, and one that dies leaves whole steps only. A statement that cannot run in a transaction cannot be in a step.
/// </remarks>
public sealed partial class Migrator
{
    // Any number will do for PostgreSQL's advisory lock, if all programs use the same.
    private const long PostgresLock = 0x496E7465726F70;

    private readonly Database _database;
    private readonly IReadOnlyList<Migration> _migrations;
    private readonly string _versionTable;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    /// <param name="database">Where to apply them.</param>
    /// <param name="assembly">Where the files are embedded.</param>
    /// <param name="folder">The part of the resource names before the dialect.</param>
    /// <param name="versionTable">Where is recorded what was applied; another set of migrations in the same database needs another table.</param>
    /// <param name="loggers">Gets a line per applied migration.</param>
    /// <param name="time">Gives the instants of <c>applied_at</c>.</param>
    /// <exception cref="ArgumentException">The assembly carries no migrations for the database's dialect, or misnamed ones.</exception>
    public Migrator(
        Database database, Assembly assembly, string folder = "Migrations", string versionTable = "schema_version",
        ILoggerFactory? loggers = null, TimeProvider? time = null)
        : this(database, Migration.FromResources(assembly, folder, database.Dialect), versionTable, loggers, time)
    {
    }

    internal Migrator(
        Database database, IReadOnlyList<Migration> migrations, string versionTable = "schema_version",
        ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        _database = database;
        _migrations = migrations;
        _versionTable = TableSql.Quote(versionTable);
        _time = time ?? TimeProvider.System;
        _log = (loggers ?? NullLoggerFactory.Instance).CreateLogger<Migrator>();
    }

    /// <summary>The version that the program was made for.</summary>
    public int ProgramVersion => _migrations[^1].Version;

    /// <summary>Applies what is missing. To be called at every start, before anything else uses the database.</summary>
    /// <returns>The number of migrations that this call applied.</returns>
    /// <exception cref="DatabaseTooNewException">The database is newer than the program.</exception>
    /// <exception cref="MigrationChangedException">An applied migration is not what the program holds.</exception>
    /// <exception cref="MigrationFailedException">A migration's SQL failed.</exception>
    public async Task<int> MigrateAsync(CancellationToken ct = default)
    {
        for (var applied = 0; ; applied++)
        {
            var next = await _database.WriteAsync(ApplyNextAsync, ct);
            if (next is null)
                return applied;
            LogApplied(next.Version, next.Name, _database.Location);
        }
    }

    private async Task<Migration?> ApplyNextAsync(DbSession session, CancellationToken ct)
    {
        // Waiting for another starter, and building an index over a large table, take what they take.
        session.CommandTimeout = TimeSpan.Zero;
        // SQLite: this transaction is already the only one that may write.
        if (session.Dialect == SqlDialect.Postgres)
            await session.ExecuteAsync($"SELECT pg_advisory_xact_lock({PostgresLock})", null, ct);
        await session.ExecuteAsync(
            $"""
            CREATE TABLE IF NOT EXISTS {_versionTable} (
                version INTEGER NOT NULL PRIMARY KEY,
                name TEXT NOT NULL,
                checksum TEXT NOT NULL,
                applied_at {TableSql.TypeName(ColumnType.Timestamp, session.Dialect)} NOT NULL)
            """, null, ct);
        var applied = await session.QueryAsync<Applied>($"SELECT version, name, checksum FROM {_versionTable} ORDER BY version", null, ct);
        Compare(applied);
        if (applied.Count == _migrations.Count)
            return null;

        var next = _migrations[applied.Count];
        try
        {
            await session.ExecuteAsync(next.Sql, null, ct);
        }
        catch (Exception e) when (_database.Classify(e) is FailureKind.Other or FailureKind.DataRefused && e is not OperationCanceledException)
        {
            throw new MigrationFailedException($"Migration {next.Version:0000}_{next.Name} failed on {_database.Location} and was undone: {e.Message}", e);
        }
        await session.ExecuteAsync(
            $"INSERT INTO {_versionTable} (version, name, checksum, applied_at) VALUES (@Version, @Name, @Checksum, @AppliedAt)",
            new { next.Version, next.Name, next.Checksum, AppliedAt = _time.GetUtcNow() }, ct);
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
                    + "migrations are only ever added after the last; give the new one the next free number");
            if (applied[i].Checksum != known.Checksum)
                throw new MigrationChangedException(
                    $"Migration {known.Version:0000}_{known.Name} was changed after it was applied to {_database.Location}: "
                    + "restore its text and put the change into a new migration");
        }
    }

    [LoggerMessage(1010, LogLevel.Information, "Migration {Version} {Name} applied to {Location}")]
    private partial void LogApplied(int version, string name, string location);

    private sealed record Applied(int Version, string Name, string Checksum);
}

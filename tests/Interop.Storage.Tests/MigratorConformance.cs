using Interop.Storage.Connections;
using Interop.TestServers;

namespace Interop.Storage.Tests;

/// <summary>Migrations in both dialects. Each derived class chooses one.</summary>
public abstract class MigratorConformance : IAsyncLifetime
{
    private static readonly Migration First = new(1, "first", "CREATE TABLE a (x INTEGER); CREATE TABLE b (x INTEGER)");
    private static readonly Migration Second = new(2, "second", "INSERT INTO a (x) VALUES (1)");
    private static readonly Migration Third = new(3, "third", "INSERT INTO a (x) VALUES (2)");
    private string _connection = "";

    private Database Database { get; set; } = null!;

    public async Task InitializeAsync()
    {
        _connection = await ConnectionAsync();
        Database = Open();
    }

    public async Task DisposeAsync()
    {
        await Database.DisposeAsync();
        await CleanUpAsync();
    }

    [Fact]
    public async Task Embedded_files_are_applied_once_and_recorded()
    {
        var migrator = new Migrator(Database, typeof(MigratorConformance).Assembly);

        Assert.Equal(2, await migrator.MigrateAsync());
        Assert.Equal(0, await migrator.MigrateAsync());

        var note = await Database.ReadAsync((session, token) => session.FirstAsync<Note>("SELECT body, changed FROM notes", null, token));
        Assert.Equal(new Note("a;b!", 1), note);
        var recorded = await Database.ReadAsync(
            (session, token) =>
                session.QueryAsync<Recorded>("SELECT version, name, applied_at FROM schema_version ORDER BY version", null, token)
        );
        Assert.Equal([(1, "tables"), (2, "first_note")], recorded.Select(row => (row.Version, row.Name)));
        Assert.All(recorded, row => Assert.InRange(DateTimeOffset.UtcNow - row.AppliedAt, TimeSpan.Zero, TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public async Task An_upgrade_applies_only_what_is_missing()
    {
        await new Migrator(Database, [First, Second]).MigrateAsync();

        Assert.Equal(1, await new Migrator(Database, [First, Second, Third]).MigrateAsync());

        Assert.Equal([1, 2], await ContentOfAAsync());
    }

    [Fact]
    public async Task Many_starters_at_once_apply_every_step_once()
    {
        var starters = Enumerable.Range(0, 6).Select(_ => Open()).ToList();
        var applied = await Task.WhenAll(
            starters.Select(database => Task.Run(() => new Migrator(database, [First, Second, Third]).MigrateAsync()))
        );
        foreach (var database in starters)
            await database.DisposeAsync();

        Assert.Equal(3, applied.Sum());
        Assert.Equal([1, 2], await ContentOfAAsync());
    }

    [Fact]
    public async Task A_database_newer_than_the_program_is_refused()
    {
        await new Migrator(Database, [First, Second, Third]).MigrateAsync();

        var error = await Assert.ThrowsAsync<DatabaseTooNewException>(() => new Migrator(Database, [First, Second]).MigrateAsync());

        Assert.Equal((3, 2), (error.DatabaseVersion, error.ProgramVersion));
        Assert.Contains("version 3 or later", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_migration_is_refused_but_its_line_endings_may_differ()
    {
        var lines = new Migration(1, "first", "CREATE TABLE a\n(x INTEGER)");
        await new Migrator(Database, [lines]).MigrateAsync();
        Assert.Equal(0, await new Migrator(Database, [new(1, "first", "CREATE TABLE a\r\n(x INTEGER)")]).MigrateAsync());

        var error = await Assert.ThrowsAsync<MigrationChangedException>(() =>
            new Migrator(Database, [new(1, "first", "CREATE TABLE a (x TEXT)"), Second]).MigrateAsync()
        );

        Assert.Contains("0001_first was changed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_migration_that_is_slipped_in_between_is_refused()
    {
        await new Migrator(Database, [First, Third]).MigrateAsync();

        await Assert.ThrowsAsync<MigrationChangedException>(() => new Migrator(Database, [First, Second, Third]).MigrateAsync());
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_nothing_of_itself_and_keeps_the_ones_before()
    {
        var broken = new Migration(2, "broken", "INSERT INTO a (x) VALUES (7); INSERT INTO nowhere (x) VALUES (1)");

        var error = await Assert.ThrowsAsync<MigrationFailedException>(() => new Migrator(Database, [First, broken]).MigrateAsync());

        Assert.Contains("0002_broken", error.Message, StringComparison.Ordinal);
        Assert.Empty(await ContentOfAAsync());
        Assert.Equal(1, await new Migrator(Database, [First, Second]).MigrateAsync());
    }

    [Fact]
    public void An_assembly_without_migrations_is_refused_with_advice()
    {
        var error = Assert.Throws<ArgumentException>(() => new Migrator(Database, typeof(FactAttribute).Assembly));
        Assert.Contains("LogicalName", error.Message, StringComparison.Ordinal);
    }

    protected abstract Task<string> ConnectionAsync();

    protected virtual Task CleanUpAsync() => Task.CompletedTask;

    private Database Open() => DatabaseFactory.Open(new DatabaseOptions { Connection = _connection });

    private Task<IReadOnlyList<int>> ContentOfAAsync() =>
        Database.ReadAsync((session, token) => session.QueryAsync<int>("SELECT x FROM a ORDER BY x", null, token));

    private sealed record Note(string Body, int Changed);

    private sealed record Recorded(int Version, string Name, DateTimeOffset AppliedAt);
}

public sealed class PostgresMigrator : MigratorConformance
{
    protected override Task<string> ConnectionAsync() => TestDatabases.NewPostgresAsync();
}

public sealed class SqliteMigrator : MigratorConformance
{
    private readonly TemporaryFolder _folder = new();

    protected override Task<string> ConnectionAsync() => Task.FromResult(_folder.File("test.db"));

    protected override Task CleanUpAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }
}

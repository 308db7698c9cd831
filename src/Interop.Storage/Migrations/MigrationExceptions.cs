namespace Interop.Storage;

/// <summary>A newer program has changed the database; this program does not know the new tables.</summary>
public sealed class DatabaseTooNewException(string location, int databaseVersion, int programVersion)
    : DatabaseException(
        $"{location} is at schema version {databaseVersion}, this program supports versions up to {programVersion}: "
            + $"run a program of version {databaseVersion} or later, or restore a backup from before the upgrade",
        null
    )
{
    /// <summary>The schema version of the database.</summary>
    public int DatabaseVersion { get; } = databaseVersion;

    /// <summary>The highest schema version that this program supports.</summary>
    public int ProgramVersion { get; } = programVersion;
}

/// <summary>An applied migration differs from the program's migration with the same number.</summary>
public sealed class MigrationChangedException(string message) : DatabaseException(message, null);

/// <summary>A migration failed and was rolled back. Those before it stay applied.</summary>
public sealed class MigrationFailedException(string message, Exception inner) : DatabaseException(message, inner);

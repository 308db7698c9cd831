namespace Interop.Storage;

/// <summary>A newer program has already changed the database: this one does not know what its tables mean now.</summary>
public sealed class DatabaseTooNewException(string location, int databaseVersion, int programVersion) : DatabaseException(
    $"{location} is at schema version {databaseVersion}, this program knows versions up to {programVersion}: "
    + $"run a program of version {databaseVersion} or later, or restore a backup from before the upgrade", null)
{
    public int DatabaseVersion { get; } = databaseVersion;

    public int ProgramVersion { get; } = programVersion;
}

/// <summary>What was applied to the database is not what the program holds under the same number.</summary>
public sealed class MigrationChangedException(string message) : DatabaseException(message, null);

/// <summary>A migration failed and left nothing behind; those before it stay applied.</summary>
public sealed class MigrationFailedException(string message, Exception inner) : DatabaseException(message, inner);

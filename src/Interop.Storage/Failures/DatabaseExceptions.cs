namespace Interop.Storage;

/// <summary>A failure with a name: its message says what failed, where, and what to do, and never holds a secret.</summary>
public abstract class DatabaseException(string message, Exception? inner) : Exception(message, inner);

/// <summary>The server cannot be reached, does not take connections, or has no such database.</summary>
public sealed class DatabaseUnavailableException(string message, Exception? inner = null) : DatabaseException(message, inner);

/// <summary>The server or the operating system refused the user: password, role or file permissions.</summary>
public sealed class DatabaseAccessDeniedException(string message, Exception? inner = null) : DatabaseException(message, inner);

/// <summary>No room for more data.</summary>
public sealed class DatabaseFullException(string message, Exception? inner = null) : DatabaseException(message, inner);

/// <summary>The database does not take writes: a file without write permission, a standby server, or a write inside a read.</summary>
public sealed class DatabaseReadOnlyException(string message, Exception? inner = null) : DatabaseException(message, inner);

/// <summary>Others held the database for longer than the caller is ready to wait.</summary>
public sealed class DatabaseBusyException(string message, Exception? inner = null) : DatabaseException(message, inner);

/// <summary>The file is there, but it is no SQLite database or a damaged one.</summary>
public sealed class NotADatabaseException(string message, Exception? inner = null) : DatabaseException(message, inner);

/// <summary>
/// The connection was lost while the commit was under way: the transaction may have been committed or not.
/// A caller whose write has the same effect when done twice may repeat it; others must look first.
/// </summary>
public sealed class CommitUncertainException(string message, Exception? inner = null) : DatabaseException(message, inner);

/// <summary>The connection was lost before the commit was sent: nothing of the transaction remains.</summary>
public sealed class ConnectionLostException(string message, Exception? inner = null) : DatabaseException(message, inner);

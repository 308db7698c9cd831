namespace Interop.Storage;

/// <summary>A known failure. The message says what failed, where and what to do. It holds no secret.</summary>
public abstract class DatabaseException(string message, Exception? inner) : Exception(message, inner);

/// <summary>The server cannot be reached, accepts no connections, or has no such database.</summary>
public sealed class DatabaseUnavailableException(string message, Exception? inner = null) : DatabaseException(message, inner);

/// <summary>The server or the operating system refused the user: password, role or file permissions.</summary>
public sealed class DatabaseAccessDeniedException(string message, Exception? inner = null) : DatabaseException(message, inner);

/// <summary>There is no space for more data: the disk is full, or a quota is exhausted.</summary>
public sealed class DatabaseFullException(string message, Exception? inner = null) : DatabaseException(message, inner);

/// <summary>The database accepts no writes: a file without write permission, a standby server, or a write inside a read.</summary>
public sealed class DatabaseReadOnlyException(string message, Exception? inner = null) : DatabaseException(message, inner);

/// <summary>The wait for a lock or a connection exceeded its limit.</summary>
public sealed class DatabaseBusyException(string message, Exception? inner = null) : DatabaseException(message, inner);

/// <summary>The file exists, but it is not a SQLite database, or it is damaged.</summary>
public sealed class NotADatabaseException(string message, Exception? inner = null) : DatabaseException(message, inner);

/// <summary>
/// The connection was lost during the commit: the transaction may be committed or not. A caller may repeat a write that has the same effect
/// when it is done twice; otherwise it must check first.
/// </summary>
public sealed class CommitUncertainException(string message, Exception? inner = null) : DatabaseException(message, inner);

/// <summary>The connection was lost before the commit was sent: nothing of the transaction remains.</summary>
public sealed class ConnectionLostException(string message, Exception? inner = null) : DatabaseException(message, inner);

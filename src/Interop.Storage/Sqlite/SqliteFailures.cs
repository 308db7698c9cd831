using Interop.Storage.Files;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Interop.Storage.Sqlite;

/// <summary>SQLite's result codes (https://www.sqlite.org/rescode.html) as kinds and as named exceptions.</summary>
internal sealed class SqliteFailures(string path, DatabaseOptions options)
{
    public static FailureKind Classify(Exception e)
    {
        if (DiskFull.IsReason(e))
            return FailureKind.Full;
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case SqliteException sqlite:
                    return ClassifyCode(sqlite.SqliteErrorCode);
                case DatabaseFullException:
                    return FailureKind.Full;
                case DatabaseBusyException:
                    return FailureKind.Conflict;
            }
        }
        return FailureKind.Other;
    }

    public DatabaseException? Explain(Exception e, bool write)
    {
        if (e is DatabaseException or OperationCanceledException)
            return null;
        if (DiskFull.IsReason(e))
            return Full(e);
        if (e is UnauthorizedAccessException or IOException)
            return new DatabaseAccessDeniedException(
                $"The SQLite file {path} cannot be created: {e.Message} Check the folder and its permissions",
                e
            );
        var cause = e;
        while (cause is not null and not SqliteException)
            cause = cause.InnerException;
        if (cause is not SqliteException sqlite)
            return null;
        return sqlite.SqliteErrorCode switch
        {
            raw.SQLITE_FULL => Full(e),
            raw.SQLITE_IOERR when IsForLackOfSpace(sqlite) => Full(e),
            raw.SQLITE_READONLY => new DatabaseReadOnlyException(
                write
                    ? $"The SQLite file {path} accepts no writes: check the permissions of the file and of its folder, and how the disk is mounted"
                    : $"A write inside a read of the SQLite file {path}: use WriteAsync",
                e
            ),
            raw.SQLITE_CANTOPEN or raw.SQLITE_PERM or raw.SQLITE_AUTH => new DatabaseAccessDeniedException(
                $"The SQLite file {path} cannot be opened: check that it is a file, its permissions, and those of its folder",
                e
            ),
            raw.SQLITE_NOTADB => new NotADatabaseException(
                $"{path} is not a SQLite database: give the path of one, or of a file that does not exist yet",
                e
            ),
            raw.SQLITE_CORRUPT => new NotADatabaseException(
                $"The SQLite file {path} is damaged: restore it from a backup, or try `sqlite3 {path} .recover`",
                e
            ),
            raw.SQLITE_IOERR => new DatabaseUnavailableException(
                $"The disk failed under the SQLite file {path} (code {sqlite.SqliteExtendedErrorCode}): check the disk and its mount",
                e
            ),
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => Busy(e),
            _ => null,
        };
    }

    private DatabaseFullException Full(Exception e) => new($"No space left for the SQLite file {path}: free or add disk space there", e);

    // The memory-mapped file of the log cannot grow.
    private static bool IsForLackOfSpace(SqliteException e) => e.SqliteExtendedErrorCode is raw.SQLITE_IOERR_SHMSIZE;

    public DatabaseBusyException Busy(Exception e) =>
        new(
            $"Another process held the SQLite file {path} for more than {options.BusyTimeout}: only one process at a time may write to it. "
                + "End the other process, or use PostgreSQL for several processes",
            e
        );

    private static FailureKind ClassifyCode(int code) =>
        code switch
        {
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => FailureKind.Conflict,
            raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH => FailureKind.DataRefused,
            raw.SQLITE_FULL or raw.SQLITE_IOERR_SHMSIZE => FailureKind.Full,
            _ => FailureKind.Other,
        };
}

using Interop.Storage;

namespace Interop.Health;

/// <summary>Describes a failure of the database to callers of the API: without its host, its user or its files, which only the log
/// names.</summary>
internal static class DatabaseProblem
{
    /// <summary>The exception that callers of a grain get.</summary>
    public static Exception ToNotReady(DatabaseException failure) =>
        failure is DatabaseFullException ? new StorageFullException(ForCallers(failure)) : new NotReadyException(ForCallers(failure));

    /// <summary>The same for a failure of the engine's own tables: reminders and grain states.</summary>
    public static NotReadyException OfEngine() => new("the database cannot be used; the log has the details");

    public static string ForCallers(DatabaseException failure) =>
        failure switch
        {
            DatabaseFullException => "the database has no room for more data; the log has the details",
            DatabaseReadOnlyException => "the database does not accept writes; the log has the details",
            DatabaseBusyException => "the database is busy; try again",
            DatabaseAccessDeniedException => "the database refused this server's credentials; the log has the details",
            CommitUncertainException => "the connection to the database was lost during a commit; check whether the change was made",
            _ => "the database cannot be reached; the log has the details",
        };
}

using System.Net.Sockets;
using System.Security.Authentication;
using Interop.Storage.Files;
using Npgsql;

namespace Interop.Storage.Postgres;

/// <summary>PostgreSQL's error codes (https://www.postgresql.org/docs/current/errcodes-appendix.html) as kinds and as named
/// exceptions.</summary>
internal sealed class PostgresFailures(string location, NpgsqlConnectionStringBuilder settings, string setting)
{
    // https://www.postgresql.org/docs/current/runtime-config-client.html, idle_in_transaction_session_timeout.
    private const string IdleInTransactionTimeout = "25P03";

    public static FailureKind Classify(Exception e)
    {
        if (DiskFull.IsReason(e))
            return FailureKind.Full;
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case PostgresException refused:
                    return ClassifyState(refused.SqlState);
                case DatabaseFullException:
                    return FailureKind.Full;
                case DatabaseBusyException:
                    return FailureKind.Conflict;
                case DatabaseUnavailableException or ConnectionLostException or CommitUncertainException:
                    return FailureKind.Transient;
                case NpgsqlException lost
                    when lost.IsTransient || lost.InnerException is IOException or SocketException or TimeoutException:
                    return FailureKind.Transient;
            }
        }
        return FailureKind.Other;
    }

    public DatabaseException? Explain(Exception e, bool write)
    {
        if (e is ConnectionLostException)
            return new DatabaseUnavailableException($"{e.Message}. Check that the server runs", e);
        if (e is DatabaseException or OperationCanceledException)
            return null;
        if (Find<NpgsqlException>(e) is not { } cause)
            return null;
        var reason = cause is PostgresException { MessageText: var text } ? text : cause.InnerException?.Message ?? cause.Message;
        return (cause as PostgresException)?.SqlState switch
        {
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => new DatabaseAccessDeniedException(
                $"{location} refused the user: {reason}. Check the user and the password in {setting}, and pg_hba.conf",
                e
            ),
            PostgresErrorCodes.InsufficientPrivilege => new DatabaseAccessDeniedException(
                $"{location} lacks a privilege: {reason}. Grant it to {settings.Username}",
                e
            ),
            PostgresErrorCodes.InvalidCatalogName => new DatabaseUnavailableException(
                $"{location} does not exist: {reason}. Create it with: createdb {settings.Database}",
                e
            ),
            PostgresErrorCodes.ReadOnlySqlTransaction => new DatabaseReadOnlyException(
                write
                    ? $"{location} accepts no writes: {reason}. Connect to the primary server"
                    : $"A write inside a read of {location}: {reason}",
                e
            ),
            PostgresErrorCodes.DiskFull => new DatabaseFullException(
                $"{location} has no space left: {reason}. Free or add disk space there",
                e
            ),
            null when IsTimeout(cause) => new DatabaseUnavailableException(
                $"{location} did not answer in time (limits: {settings.Timeout} s to connect, {settings.CommandTimeout} s for a statement): "
                    + "find the slow statement or the lock there, or raise the limit",
                e
            ),
            null when IsTlsFailure(cause) => new DatabaseAccessDeniedException(
                $"{location} does not offer the TLS that {setting} asks for (sslmode={settings.SslMode.ToString().ToLowerInvariant()}): {OneLine(reason)}. "
                    + "Turn TLS on at the server with a certificate that this machine trusts, or set sslmode=prefer, or sslmode=disable on a network that you trust",
                e
            ),
            null when reason.Contains("password", StringComparison.OrdinalIgnoreCase) => new DatabaseAccessDeniedException(
                $"{location} asks for a password and {setting} has none",
                e
            ),
            _ => Classify(cause) switch
            {
                FailureKind.Transient => new DatabaseUnavailableException(
                    $"{location} cannot be reached, or the connection was lost: {reason}. Check that the server runs and accepts connections there",
                    e
                ),
                FailureKind.Conflict => new DatabaseBusyException(
                    $"A transaction on {location} conflicted with others at every attempt: {reason}",
                    e
                ),
                _ => null,
            },
        };
    }

    private static FailureKind ClassifyState(string state) =>
        state switch
        {
            PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable =>
                FailureKind.Conflict,
            PostgresErrorCodes.DiskFull => FailureKind.Full,
            PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.OutOfMemory => FailureKind.Transient,
            PostgresErrorCodes.AdminShutdown
            or PostgresErrorCodes.CrashShutdown
            or PostgresErrorCodes.CannotConnectNow
            or PostgresErrorCodes.IdleSessionTimeout
            or IdleInTransactionTimeout => FailureKind.Transient,
            // 22: data exception, 23: integrity constraint; 54000: e.g. a key too long for its index.
            [_, ..]
                when state.StartsWith("22", StringComparison.Ordinal)
                    || state.StartsWith("23", StringComparison.Ordinal)
                    || state is PostgresErrorCodes.ProgramLimitExceeded or PostgresErrorCodes.StatementTooComplex =>
                FailureKind.DataRefused,
            [_, ..] when state.StartsWith("08", StringComparison.Ordinal) => FailureKind.Transient,
            _ => FailureKind.Other,
        };

    /// <summary>The server did not answer in time. If the connection is still open, the statement is slow or waits for a lock.</summary>
    public static bool IsTimeout(Exception e) => Find<NpgsqlException>(e)?.InnerException is TimeoutException;

    /// <summary>The server ended the transaction because the process was silent for too long: nothing of it is committed.</summary>
    public static bool IsRolledBack(Exception e) => Find<PostgresException>(e)?.SqlState == IdleInTransactionTimeout;

    // Npgsql has no type for a server without TLS; its message begins with "SSL".
    private static bool IsTlsFailure(NpgsqlException e) =>
        Find<AuthenticationException>(e) is not null || e.Message.Contains("SSL", StringComparison.Ordinal);

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").TrimEnd('.', ' ');

    private static T? Find<T>(Exception e)
        where T : Exception
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
            if (inner is T found)
                return found;
        return null;
    }
}

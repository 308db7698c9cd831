using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Interop.Storage;

/// <summary>
/// One database, PostgreSQL or SQLite, for use by many threads at once. A caller passes its work as a function of a session; the work runs
/// in one transaction and on the caller's own scheduler.
/// </summary>
public abstract partial class Database : IAsyncDisposable
{
    private static readonly TimeSpan FullFailureIsRecent = TimeSpan.FromSeconds(30);

    private readonly AsyncLocal<WriteFlag?> _writing = new();
    private readonly ILogger _log;
    private FullFailure? _full;

    private protected Database(DatabaseOptions options, TimeProvider time, ILoggerFactory? loggers)
    {
        Options = options;
        Time = time;
        _log = (loggers ?? NullLoggerFactory.Instance).CreateLogger("Interop.Storage.Database");
    }

    /// <summary>The SQL that this database understands.</summary>
    public abstract SqlDialect Dialect { get; }

    /// <summary>Which database this is, for messages: server, port, name and user, or the file's path. It holds no secret.</summary>
    public abstract string Location { get; }

    private protected DatabaseOptions Options { get; }

    private protected TimeProvider Time { get; }

    /// <summary>
    /// Runs the work in one transaction and commits it. After a deadlock, a serialization failure, a busy file, or a connection that was
    /// lost before the commit was sent, the work runs again after a growing delay. So the work must have no effect outside of the database.
    /// </summary>
    /// <exception cref="CommitUncertainException">The connection was lost during the commit.</exception>
    /// <exception cref="DatabaseException">A known failure, after the last attempt.</exception>
    /// <exception cref="InvalidOperationException">The caller is inside a write to this database already; it would wait for
    /// itself.</exception>
    public async Task<T> WriteAsync<T>(Func<DbSession, CancellationToken, Task<T>> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (_writing.Value is { IsSet: true })
            throw new InvalidOperationException("A write inside a write to the same database: pass the session on instead");
        var flag = new WriteFlag { IsSet = true };
        _writing.Value = flag;
        try
        {
            var result = await RepeatAsync(write: true, work, cancellationToken);
            _full = null;
            return result;
        }
        finally
        {
            flag.IsSet = false;
        }
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task WriteAsync(Func<DbSession, CancellationToken, Task> work, CancellationToken cancellationToken = default) =>
        WriteAsync(
            async (session, token) =>
            {
                await work(session, token);
                return true;
            },
            cancellationToken
        );

    /// <summary>
    /// Runs the work on one snapshot of the database, which it cannot change. A read never waits for a writer. After a lost connection the
    /// work runs again, unless <see cref="DbSession.StreamAsync"/> has already returned rows to it.
    /// </summary>
    /// <exception cref="DatabaseException">A known failure, after the last attempt.</exception>
    public Task<T> ReadAsync<T>(Func<DbSession, CancellationToken, Task<T>> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        return RepeatAsync(write: false, work, cancellationToken);
    }

    /// <inheritdoc cref="ReadAsync{T}"/>
    public Task ReadAsync(Func<DbSession, CancellationToken, Task> work, CancellationToken cancellationToken = default) =>
        ReadAsync(
            async (session, token) =>
            {
                await work(session, token);
                return true;
            },
            cancellationToken
        );

    /// <summary>
    /// Whether the database can be used now; one attempt. A database that was full at the last write, less than 30 s ago, cannot be used,
    /// although it still answers queries.
    /// </summary>
    /// <exception cref="DatabaseException">Why it cannot be used.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken = default)
    {
        if (_full is { } full && Time.GetElapsedTime(full.At) < FullFailureIsRecent)
            throw new DatabaseFullException(full.Message);
        try
        {
            await AttemptAsync(
                write: false,
                (session, token) => session.ScalarAsync<long>("SELECT 1", null, token),
                new Attempt(),
                cancellationToken
            );
        }
        catch (Exception e) when (Explain(e, write: false) is { } named)
        {
            throw named;
        }
    }

    /// <summary>What the failure asks of the caller. It looks through wrapping exceptions.</summary>
    public abstract FailureKind Classify(Exception e);

    /// <summary>Closes the connections. No work may be under way.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>One transaction: begin, work, commit or roll back.</summary>
    private protected abstract Task<T> AttemptAsync<T>(
        bool write,
        Func<DbSession, CancellationToken, Task<T>> work,
        Attempt attempt,
        CancellationToken cancellationToken
    );

    /// <summary>The failure as a named exception with advice; null when it is not a known failure and is passed on unchanged.</summary>
    private protected abstract DatabaseException? Explain(Exception e, bool write);

    private async Task<T> RepeatAsync<T>(bool write, Func<DbSession, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        for (var number = 1; ; number++)
        {
            var attempt = new Attempt();
            try
            {
                return await AttemptAsync(write, work, attempt, cancellationToken);
            }
            catch (Exception e)
                when (number < Options.MaxAttempts && attempt.MayRepeat && !cancellationToken.IsCancellationRequested && MayRepeat(e))
            {
                var delay = DelayAfter(number);
                LogRepeat(number, Options.MaxAttempts, Location, Classify(e), e.Message, delay);
                await Task.Delay(delay, Time, cancellationToken);
            }
            catch (Exception e) when (Explain(e, write) is { } named)
            {
                if (write && named is DatabaseFullException)
                    _full = new FullFailure(named.Message, Time.GetTimestamp());
                throw named;
            }
        }
    }

    private bool MayRepeat(Exception e) =>
        e is not (CommitUncertainException or DatabaseBusyException) && Classify(e) is FailureKind.Conflict or FailureKind.Transient;

    // The delay doubles up to a limit. The random part separates transactions that collided with each other.
    private TimeSpan DelayAfter(int attempts)
    {
        var full = Math.Min(Options.FirstRetryDelay.TotalMilliseconds * Math.Pow(2, attempts - 1), Options.MaxRetryDelay.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(full * (0.5 + Random.Shared.NextDouble() / 2));
    }

    [LoggerMessage(
        1001,
        LogLevel.Warning,
        "Attempt {Number} of {MaxAttempts} on {Location} failed with {Kind}: {Reason}. The next attempt follows in {Delay}"
    )]
    private partial void LogRepeat(int number, int maxAttempts, string location, FailureKind kind, string reason, TimeSpan delay);

    /// <summary>A reference type: tasks that were started inside a write see that it has ended, and may then write themselves.</summary>
    private sealed class WriteFlag
    {
        public bool IsSet { get; set; }
    }

    private sealed record FullFailure(string Message, long At);
}

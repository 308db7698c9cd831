using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Interop.Storage;

/// <summary>
/// One database, PostgreSQL or SQLite, for use by many threads at once. Work is given to it as a function of a session, which runs in one
/// transaction and on the caller's own scheduler.
/// </summary>
public abstract partial class Database : IAsyncDisposable
{
    private readonly AsyncLocal<StrongFlag?> _writing = new();
    private readonly ILogger _log;

    private protected Database(DatabaseOptions options, TimeProvider time, ILoggerFactory? loggers)
    {
        Options = options;
        Time = time;
        _log = (loggers ?? NullLoggerFactory.Instance).CreateLogger("Interop.Storage.Database");
    }

    public abstract SqlDialect Dialect { get; }

    /// <summary>Which database this is, for messages: server, port, name and user, or the file's path. No secrets.</summary>
    public abstract string Location { get; }

    private protected DatabaseOptions Options { get; }

    private protected TimeProvider Time { get; }

    /// <summary>Opens by <see cref="DatabaseOptions.Connection"/>. Nothing is connected yet: the first work does that.</summary>
    /// <exception cref="ArgumentException">The options cannot be used.</exception>
    public static Database Open(DatabaseOptions options, ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return ConnectionText.Recognise(options.Connection) == SqlDialect.Postgres
            ? new Postgres.PostgresDatabase(options, time ?? TimeProvider.System, loggers)
            : new Sqlite.SqliteDatabase(options, time ?? TimeProvider.System, loggers);
    }

    /// <summary>
    /// Runs the work in one transaction and commits it. The work runs again, with growing waits, after a deadlock, a serialization failure,
    /// a busy file, and when the connection was lost before the commit was sent: so it must have no effects besides those in the database.
    /// </summary>
    /// <exception cref="CommitUncertainException">The connection was lost during the commit.</exception>
    /// <exception cref="DatabaseException">A failure with a name, after the last attempt.</exception>
    /// <exception cref="InvalidOperationException">The caller is already inside a write to this database, which could wait for ever.</exception>
    public async Task<T> WriteAsync<T>(Func<DbSession, CancellationToken, Task<T>> work, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (_writing.Value is { IsSet: true })
            throw new InvalidOperationException("A write inside a write to the same database: pass the session on instead");
        var flag = new StrongFlag { IsSet = true };
        _writing.Value = flag;
        try
        {
            return await RepeatAsync(write: true, work, ct);
        }
        finally
        {
            flag.IsSet = false;
        }
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task WriteAsync(Func<DbSession, CancellationToken, Task> work, CancellationToken ct = default) =>
        WriteAsync(async (session, token) => { await work(session, token); return true; }, ct);

    /// <summary>
    /// Runs the work on one snapshot of the database that it cannot change. It never waits for a writer. After a lost connection the work
    /// runs again, unless it has already been given rows by <see cref="DbSession.StreamAsync"/>.
    /// </summary>
    /// <exception cref="DatabaseException">A failure with a name, after the last attempt.</exception>
    public Task<T> ReadAsync<T>(Func<DbSession, CancellationToken, Task<T>> work, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        return RepeatAsync(write: false, work, ct);
    }

    /// <inheritdoc cref="ReadAsync{T}"/>
    public Task ReadAsync(Func<DbSession, CancellationToken, Task> work, CancellationToken ct = default) =>
        ReadAsync(async (session, token) => { await work(session, token); return true; }, ct);

    /// <summary>Whether the database answers now: one attempt.</summary>
    /// <exception cref="DatabaseException">Why it does not.</exception>
    public async Task CheckAsync(CancellationToken ct = default)
    {
        try
        {
            await AttemptAsync(write: false, (session, token) => session.ScalarAsync<long>("SELECT 1", null, token), new Attempt(), ct);
        }
        catch (Exception e) when (Explain(e, write: false) is { } named)
        {
            throw named;
        }
    }

    /// <summary>What the failure asks of the caller; looks through wrapping exceptions.</summary>
    public abstract FailureKind Classify(Exception e);

    public abstract ValueTask DisposeAsync();

    /// <summary>One transaction: begin, work, commit, or roll back.</summary>
    private protected abstract Task<T> AttemptAsync<T>(
        bool write, Func<DbSession, CancellationToken, Task<T>> work, Attempt attempt, CancellationToken ct);

    /// <summary>The failure with its name and advice; null: it goes on as it is.</summary>
    private protected abstract DatabaseException? Explain(Exception e, bool write);

    private async Task<T> RepeatAsync<T>(bool write, Func<DbSession, CancellationToken, Task<T>> work, CancellationToken ct)
    {
        for (var number = 1; ; number++)
        {
            var attempt = new Attempt();
            try
            {
                return await AttemptAsync(write, work, attempt, ct);
            }
            catch (Exception e) when (number < Options.MaxAttempts && attempt.MayRepeat && !ct.IsCancellationRequested && MayRepeat(e))
            {
                var delay = DelayAfter(number);
                LogRepeat(number, Options.MaxAttempts, Location, Classify(e), e.Message, delay);
                await Task.Delay(delay, Time, ct);
            }
            catch (Exception e) when (Explain(e, write) is { } named)
            {
                throw named;
            }
        }
    }

    private bool MayRepeat(Exception e) =>
        e is not (CommitUncertainException or DatabaseBusyException) && Classify(e) is FailureKind.Conflict or FailureKind.Transient;

    // Doubling, capped, and between half and all of it, so that those who collided do not collide again.
    private TimeSpan DelayAfter(int attempts)
    {
        var full = Math.Min(Options.FirstRetryDelay.TotalMilliseconds * Math.Pow(2, attempts - 1), Options.MaxRetryDelay.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(full * (0.5 + Random.Shared.NextDouble() / 2));
    }

    [LoggerMessage(1001, LogLevel.Warning, "Attempt {Number} of {MaxAttempts} on {Location} ended in {Kind}: {Reason}; again in {Delay}")]
    private partial void LogRepeat(int number, int maxAttempts, string location, FailureKind kind, string reason, TimeSpan delay);

    /// <summary>By reference, so that what was started inside a write may write once it has ended.</summary>
    private sealed class StrongFlag
    {
        public bool IsSet { get; set; }
    }
}

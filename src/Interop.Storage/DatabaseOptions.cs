namespace Interop.Storage;

/// <summary>When SQLite flushes to the disk. A killed process loses nothing either way; the two differ when the power fails.</summary>
public enum SqliteDurability
{
    /// <summary>Flushed at checkpoints: the last transactions before a power failure may be gone, the file stays consistent.</summary>
    Normal,

    /// <summary>Flushed at every commit: a committed transaction survives a power failure.</summary>
    Full,
}

/// <summary>Which database to open and how to use it.</summary>
public sealed record DatabaseOptions
{
    /// <summary>
    /// A PostgreSQL URI (<c>postgres://user:password@host:port/database?sslmode=require</c>), an Npgsql connection string
    /// (<c>Host=..;Database=..</c>) or the path of a SQLite file. A file that does not exist is created, with its folder.
    /// </summary>
    public required string Connection { get; init; }

    /// <summary>The name of the setting that <see cref="Connection"/> came from, for messages. The default value is
    /// <c>DB_URL</c>.</summary>
    public string Setting { get; init; } = "DB_URL";

    /// <summary>PostgreSQL: the <c>application_name</c> of the connections, at most 63 characters. Null: <c>Interop</c>. A name in
    /// <see cref="Connection"/> is kept.</summary>
    public string? SessionName { get; init; }

    /// <summary>The most transactions that read at once; further ones wait. The default value is 8.</summary>
    public int MaxReadConnections { get; init; } = 8;

    /// <summary>PostgreSQL: the most transactions that write at once. SQLite always has one writer per file. The default value is
    /// 8.</summary>
    public int MaxWriteConnections { get; init; } = 8;

    /// <summary>
    /// PostgreSQL: writes block the calling thread, as those to SQLite always do. An asynchronous transaction waits for a thread of the
    /// pool after each statement, behind all other work of a busy process; a writer with a thread of its own need not. A cancellation then
    /// takes effect between statements only.
    /// </summary>
    public bool WritesBlock { get; init; }

    /// <summary>PostgreSQL: a connection that is idle for this long is closed. The default value is 5 minutes.</summary>
    public TimeSpan IdleConnectionLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest wait for a connection, to be opened or to become free. The default value is 15 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>PostgreSQL: the longest duration of one statement, in whole seconds. SQLite has no such limit. The default value is 60
    /// s.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// PostgreSQL: the server ends a write transaction whose process sends nothing for this long (a frozen process, a lost network), and
    /// releases its locks. The default value is 5 s, less than a run's owner may be silent.
    /// </summary>
    public TimeSpan IdleInWriteTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// PostgreSQL: the same for a read transaction. It holds no lock, but it keeps the server from removing old row versions. The default
    /// value is 5 minutes, because the work may pass rows to a slow client.
    /// </summary>
    public TimeSpan IdleInReadTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>PostgreSQL: the longest wait for a lock; then the transaction is repeated. The default value is 30 s.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>SQLite: the longest wait for another process that writes to the same file. The default value is 15 s.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>SQLite: when commits are flushed to the disk. The default value is Normal.</summary>
    public SqliteDurability Durability { get; init; } = SqliteDurability.Normal;

    /// <summary>The most attempts of a transaction that fails because of others or a lost connection. The default value is 9.</summary>
    public int MaxAttempts { get; init; } = 9;

    /// <summary>The delay before the second attempt. It doubles with each further attempt, less a random part. The default value is 25
    /// ms.</summary>
    public TimeSpan FirstRetryDelay { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>The longest delay between two attempts. The default value is 3 s.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Checks all values but <see cref="Connection"/>, which is checked where it is read.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names all of them.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        Between(MaxReadConnections, 1, 1000, nameof(MaxReadConnections));
        Between(MaxWriteConnections, 1, 1000, nameof(MaxWriteConnections));
        Between(MaxAttempts, 1, 100, nameof(MaxAttempts));
        Within(IdleConnectionLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), nameof(IdleConnectionLifetime));
        Within(ConnectTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10), nameof(ConnectTimeout));
        Within(CommandTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), nameof(CommandTimeout));
        Within(IdleInWriteTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), nameof(IdleInWriteTimeout));
        Within(IdleInReadTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), nameof(IdleInReadTimeout));
        Within(LockTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), nameof(LockTimeout));
        Within(BusyTimeout, TimeSpan.Zero, TimeSpan.FromHours(1), nameof(BusyTimeout));
        Within(FirstRetryDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1), nameof(FirstRetryDelay));
        Within(MaxRetryDelay, FirstRetryDelay, TimeSpan.FromMinutes(10), nameof(MaxRetryDelay));
        if (!Enum.IsDefined(Durability))
            faults.Add($"{nameof(Durability)} {Durability} is neither Normal nor Full");
        if (faults.Count > 0)
            throw new ArgumentException("The database options cannot be used: " + string.Join("; ", faults));

        void Between(int value, int low, int high, string name)
        {
            if (value < low || value > high)
                faults.Add($"{name} is {value}, outside {low} to {high}");
        }

        void Within(TimeSpan value, TimeSpan low, TimeSpan high, string name)
        {
            if (value < low || value > high)
                faults.Add($"{name} is {value}, outside {low} to {high}");
        }
    }

    /// <summary>Without the values: <see cref="Connection"/> may hold a password.</summary>
    public override string ToString() => $"DatabaseOptions of {Setting}";
}

namespace Interop.Storage;

/// <summary>How often SQLite flushes to the disk. Either way a killed process loses nothing; they differ when the power fails.</summary>
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
    /// (<c>Host=..;Database=..</c>) or the path of a SQLite file, which is created with its directory if it is not there.
    /// </summary>
    public required string Connection { get; init; }

    /// <summary>Most transactions that read at once; further ones wait.</summary>
    public int MaxReadConnections { get; init; } = 8;

    /// <summary>Most transactions that write at once on PostgreSQL; SQLite always has one writer per file.</summary>
    public int MaxWriteConnections { get; init; } = 8;

    /// <summary>
    /// Writes to PostgreSQL keep the thread that they were called on, as those to SQLite do. A transaction of several statements otherwise
    /// queues for a thread after each of them, behind all other work of a busy process: for a writer that has a thread of its own. A cancellation is seen between statements.
    /// </summary>
    public bool WritesBlock { get; init; }

    /// <summary>An idle connection to PostgreSQL is closed after this time.</summary>
    public TimeSpan IdleConnectionLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest wait for a connection: to be made, or to come free.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Longest run of one statement on PostgreSQL, in whole seconds. SQLite runs in this process and knows no such limit.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>SQLite: longest wait for another process that writes to the same file.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>SQLite: when commits reach the disk.</summary>
    public SqliteDurability Durability { get; init; } = SqliteDurability.Normal;

    /// <summary>How often a transaction is tried in all when others or a lost connection end it.</summary>
    public int MaxAttempts { get; init; } = 9;

    /// <summary>The wait before the second attempt; it doubles with every further one (with jitter).</summary>
    public TimeSpan FirstRetryDelay { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>No wait between two attempts is longer.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(3);

    /// <exception cref="ArgumentException">A value is missing or out of its range; the message names all of them.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (string.IsNullOrWhiteSpace(Connection))
            faults.Add($"{nameof(Connection)} is empty: give a PostgreSQL URI or connection string, or the path of a SQLite file");
        Between(MaxReadConnections, 1, 1000, nameof(MaxReadConnections));
        Between(MaxWriteConnections, 1, 1000, nameof(MaxWriteConnections));
        Between(MaxAttempts, 1, 100, nameof(MaxAttempts));
        Within(IdleConnectionLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), nameof(IdleConnectionLifetime));
        Within(ConnectTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10), nameof(ConnectTimeout));
        Within(CommandTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), nameof(CommandTimeout));
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

    /// <summary>The kind of database only: a connection string holds a password.</summary>
    public override string ToString() => $"DatabaseOptions for {ConnectionText.Recognise(Connection ?? "")}";
}

namespace Interop.TestServers;

/// <summary>The settings of a test server.</summary>
public sealed record PostgresServerOptions
{
    /// <summary>Whether commits are flushed to the disk. Off is faster and enough unless a test simulates a power failure.</summary>
    public bool Fsync { get; init; } = true;

    /// <summary>The password of the server. With null it asks for none; it is reachable from this machine only.</summary>
    public string? Password { get; init; }

    /// <summary>Further settings as in postgresql.conf, such as <c>max_connections</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The longest wait for the server to accept connections, and to stop.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);
}

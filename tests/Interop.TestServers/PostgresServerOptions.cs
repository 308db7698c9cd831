namespace Interop.TestServers;

/// <summary>What kind of throwaway server is wanted.</summary>
public sealed record PostgresServerOptions
{
    /// <summary>Whether commits reach the disk. Off is faster and enough for what does not pull the plug.</summary>
    public bool Fsync { get; init; } = true;

    /// <summary>The password that the server asks for; null: it trusts everyone, being reachable from this machine alone.</summary>
    public string? Password { get; init; }

    /// <summary>Further settings as in postgresql.conf, such as <c>max_connections</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Longest wait for the server to take connections, and to end.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);
}

using Interop.Storage;

namespace Interop.Access;

/// <summary>A row of <c>api_keys</c>.</summary>
/// <param name="Name">In lower case.</param>
/// <param name="KeyHash">The SHA-256 of the secret part, in hexadecimal: the secret is random, so a slow hash would add nothing.</param>
public sealed record ApiKeyRow(string Name, string KeyHash, string Role, DateTimeOffset CreatedAt)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>The table <c>api_keys</c>.</summary>
internal static class ApiKeyStore
{
    private const string Columns = "name, key_hash, role, created_at";

    public static Task<ApiKeyRow?> FindAsync(DbSession session, string name, CancellationToken cancellationToken) =>
        session.FirstAsync<ApiKeyRow>($"SELECT {Columns} FROM api_keys WHERE name = @name", new { name }, cancellationToken);

    public static Task<IReadOnlyList<ApiKeyRow>> ListAsync(DbSession session, CancellationToken cancellationToken) =>
        session.QueryAsync<ApiKeyRow>($"SELECT {Columns} FROM api_keys ORDER BY name", null, cancellationToken);

    /// <summary>False when the name exists.</summary>
    public static async Task<bool> AddAsync(DbSession session, ApiKeyRow key, CancellationToken cancellationToken) =>
        await session.ExecuteAsync(
            $"INSERT INTO api_keys ({Columns}) VALUES (@Name, @KeyHash, @Role, @CreatedAt) ON CONFLICT (name) DO NOTHING",
            key,
            cancellationToken
        ) > 0;

    /// <summary>False when there is no such key.</summary>
    public static async Task<bool> RemoveAsync(DbSession session, string name, CancellationToken cancellationToken) =>
        await session.ExecuteAsync("DELETE FROM api_keys WHERE name = @name", new { name }, cancellationToken) > 0;
}

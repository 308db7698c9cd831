using Interop.Storage;

namespace Interop.Access;

/// <summary>A row of <c>users</c>.</summary>
/// <param name="Name">In lower case.</param>
/// <param name="PasswordHash">By <see cref="Passwords"/>.</param>
public sealed record UserRow(
    string Name,
    string PasswordHash,
    string Role,
    string Stamp,
    bool Disabled,
    DateTimeOffset CreatedAt,
    DateTimeOffset ChangedAt
)
{
    internal CallerIdentity Identity => new(Name, Enum.Parse<AccessRole>(Role, ignoreCase: true), Stamp);

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>The table <c>users</c>.</summary>
internal static class UserStore
{
    private const string Columns = "name, password_hash, role, stamp, disabled, created_at, changed_at";

    public static Task<UserRow?> FindAsync(DbSession session, string name, CancellationToken cancellationToken) =>
        session.FirstAsync<UserRow>($"SELECT {Columns} FROM users WHERE name = @name", new { name }, cancellationToken);

    public static Task<IReadOnlyList<UserRow>> ListAsync(DbSession session, CancellationToken cancellationToken) =>
        session.QueryAsync<UserRow>($"SELECT {Columns} FROM users ORDER BY name", null, cancellationToken);

    public static async Task<bool> AnyAsync(DbSession session, CancellationToken cancellationToken) =>
        await session.ScalarAsync<long>("SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM api_keys)", null, cancellationToken)
        > 0;

    /// <summary>False when the name exists.</summary>
    public static async Task<bool> AddAsync(DbSession session, UserRow user, CancellationToken cancellationToken) =>
        await session.ExecuteAsync(
            $"""
            INSERT INTO users ({Columns}) VALUES (@Name, @PasswordHash, @Role, @Stamp, @Disabled, @CreatedAt, @ChangedAt)
            ON CONFLICT (name) DO NOTHING
            """,
            user,
            cancellationToken
        ) > 0;

    /// <summary>Writes password, role, state and stamp. False when there is no such user.</summary>
    public static async Task<bool> UpdateAsync(DbSession session, UserRow user, CancellationToken cancellationToken) =>
        await session.ExecuteAsync(
            "UPDATE users SET password_hash = @PasswordHash, role = @Role, stamp = @Stamp, disabled = @Disabled, changed_at = @ChangedAt WHERE name = @Name",
            user,
            cancellationToken
        ) > 0;
}

using Interop.Storage;

namespace Interop.Access;

/// <summary>Creates and changes users and API keys, for the command line. It works beside a running server.</summary>
public sealed class UserAdministration(Database database, TimeProvider time)
{
    private const int MaxNameLength = 64;

    /// <summary>Whether any user or API key exists.</summary>
    public Task<bool> IsConfiguredAsync(CancellationToken cancellationToken) => database.ReadAsync(UserStore.AnyAsync, cancellationToken);

    public Task<IReadOnlyList<UserRow>> ListUsersAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(UserStore.ListAsync, cancellationToken);

    public Task<IReadOnlyList<ApiKeyRow>> ListApiKeysAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(ApiKeyStore.ListAsync, cancellationToken);

    /// <exception cref="ArgumentException">The name or the password is not acceptable, or the name exists.</exception>
    public async Task AddUserAsync(string name, AccessRole role, string password, CancellationToken cancellationToken)
    {
        CheckPassword(password);
        var now = time.GetUtcNow();
        var user = new UserRow(Name(name), Passwords.Hash(password), RoleName(role), NewStamp(), Disabled: false, now, now);
        if (!await database.WriteAsync((session, token) => UserStore.AddAsync(session, user, token), cancellationToken))
            throw new ArgumentException($"the user {user.Name} exists: change the password with 'user passwd {user.Name}'");
    }

    /// <summary>Ends the user's sessions.</summary>
    /// <exception cref="ArgumentException">The password is not acceptable, or there is no such user.</exception>
    public Task SetPasswordAsync(string name, string password, CancellationToken cancellationToken)
    {
        CheckPassword(password);
        var hash = Passwords.Hash(password);
        return ChangeAsync(name, user => user with { PasswordHash = hash }, cancellationToken);
    }

    /// <summary>Ends the user's sessions.</summary>
    /// <exception cref="ArgumentException">There is no such user.</exception>
    public Task SetRoleAsync(string name, AccessRole role, CancellationToken cancellationToken) =>
        ChangeAsync(name, user => user with { Role = RoleName(role) }, cancellationToken);

    /// <summary>Ends the user's sessions when <paramref name="disabled"/>.</summary>
    /// <exception cref="ArgumentException">There is no such user.</exception>
    public Task SetDisabledAsync(string name, bool disabled, CancellationToken cancellationToken) =>
        ChangeAsync(name, user => user with { Disabled = disabled }, cancellationToken);

    /// <summary>The new key, which is shown once: only its hash is stored.</summary>
    /// <exception cref="ArgumentException">The name is not acceptable, or it exists.</exception>
    public async Task<string> AddApiKeyAsync(string name, AccessRole role, CancellationToken cancellationToken)
    {
        var secret = Passwords.NewSecret();
        var key = new ApiKeyRow(Name(name), Passwords.HashKey(secret), RoleName(role), time.GetUtcNow());
        return await database.WriteAsync((session, token) => ApiKeyStore.AddAsync(session, key, token), cancellationToken)
            ? $"{key.Name}.{secret}"
            : throw new ArgumentException(
                $"the API key {key.Name} exists: remove it with 'api-key remove {key.Name}', or choose another name"
            );
    }

    /// <exception cref="ArgumentException">There is no such key.</exception>
    public async Task RemoveApiKeyAsync(string name, CancellationToken cancellationToken)
    {
        if (!await database.WriteAsync((session, token) => ApiKeyStore.RemoveAsync(session, Name(name), token), cancellationToken))
            throw new ArgumentException($"there is no API key {name}");
    }

    private async Task ChangeAsync(string name, Func<UserRow, UserRow> change, CancellationToken cancellationToken)
    {
        var isKnown = await database.WriteAsync(
            async (session, token) =>
                await UserStore.FindAsync(session, Name(name), token) is { } user
                && await UserStore.UpdateAsync(session, change(user) with { Stamp = NewStamp(), ChangedAt = time.GetUtcNow() }, token),
            cancellationToken
        );
        if (!isKnown)
            throw new ArgumentException($"there is no user {name}");
    }

    /// <summary>Whether a text, in lower case, can be a name.</summary>
    internal static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '@');

    private static string Name(string name)
    {
        var lower = name.ToLowerInvariant();
        return IsName(lower)
            ? lower
            : throw new ArgumentException($"a name has 1 to {MaxNameLength} ASCII letters, digits, '-', '_' and '@', unlike '{name}'");
    }

    private static void CheckPassword(string password)
    {
        if (password.Length is < Passwords.MinLength or > Passwords.MaxLength)
            throw new ArgumentException($"a password has {Passwords.MinLength} to {Passwords.MaxLength} characters");
    }

    private static string RoleName(AccessRole role) => role.ToString().ToLowerInvariant();

    private static string NewStamp() => Guid.NewGuid().ToString("N");
}

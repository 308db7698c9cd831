using Interop.Storage;

namespace Interop.Access;

/// <inheritdoc cref="IAccessGrain"/>
[StatelessWorker]
internal sealed class AccessGrain(Database database) : Grain, IAccessGrain
{
    public Task<bool> IsConfigured() => database.ReadAsync(UserStore.AnyAsync);

    public async Task<LoginResult> Login(LoginAttempt attempt)
    {
        var name = attempt.Name.ToLowerInvariant();
        var limits = new[]
        {
            GrainFactory.GetGrain<ILoginLimitGrain>($"name/{name}"),
            GrainFactory.GetGrain<ILoginLimitGrain>($"address/{attempt.Address}"),
        };
        var waits = await Task.WhenAll(limits.Select(limit => limit.Begin()));
        if (waits.Max() is { } wait)
            return new LoginResult(null, wait);

        var user = UserAdministration.IsName(name)
            ? await database.ReadAsync((session, token) => UserStore.FindAsync(session, name, token))
            : null;
        // Hashing takes tens of milliseconds of processor time: not in the grain's turn.
        var isRight =
            attempt.Password.Length <= Passwords.MaxLength && await Task.Run(() => Passwords.IsRight(user?.PasswordHash, attempt.Password));
        if (!isRight || user!.Disabled)
            return new LoginResult(null, null);
        await Task.WhenAll(limits.Select(limit => limit.Succeed()));
        return new LoginResult(user.Identity, null);
    }

    public async Task<CallerIdentity?> FindUser(string name) =>
        await database.ReadAsync((session, token) => UserStore.FindAsync(session, name, token)) is { Disabled: false } user
            ? user.Identity
            : null;

    public async Task<CallerIdentity?> FindApiKey(ApiKeyText key)
    {
        var dot = key.Value.IndexOf('.');
        if (dot <= 0)
            return null;
        if (!UserAdministration.IsName(key.Value[..dot].ToLowerInvariant()))
            return null;
        var (name, hash) = (key.Value[..dot].ToLowerInvariant(), Passwords.HashKey(key.Value[(dot + 1)..]));
        return
            await database.ReadAsync((session, token) => ApiKeyStore.FindAsync(session, name, token)) is { } row
            && Passwords.AreEqual(row.KeyHash, hash)
            ? new CallerIdentity(row.Name, Enum.Parse<AccessRole>(row.Role, ignoreCase: true), row.KeyHash)
            : null;
    }
}

namespace Interop.Access;

/// <summary>Answers who a caller is. Every role may also do what the roles below it may.</summary>
[Alias("Interop.IAccessGrain")]
public interface IAccessGrain : IQueryGrain
{
    /// <summary>Whether any user or API key exists, disabled ones included. Without one the API on loopback is open.</summary>
    [Alias("IsConfigured")]
    Task<bool> IsConfigured();

    /// <summary>Checks a name and a password. The answer takes the same time for a user that does not exist.</summary>
    [Alias("Login")]
    Task<LoginResult> Login(LoginAttempt attempt);

    /// <summary>A user that may log in, or null.</summary>
    [Alias("FindUser")]
    Task<CallerIdentity?> FindUser(string name);

    /// <summary>The sender that an API key belongs to, or null.</summary>
    [Alias("FindApiKey")]
    Task<CallerIdentity?> FindApiKey(ApiKeyText key);
}

/// <summary>Counts failed logins of one user name or one address (<c>name/NAME</c>, <c>address/ADDRESS</c>).</summary>
[Alias("Interop.ILoginLimitGrain")]
public interface ILoginLimitGrain : IGrainWithStringKey
{
    /// <summary>
    /// Counts an attempt before it is checked, so that attempts at the same time count as well. Returns null when it may be checked, else
    /// how long to wait.
    /// </summary>
    [Alias("Begin")]
    Task<TimeSpan?> Begin();

    /// <summary>The attempt that was counted succeeded: it is not a failure.</summary>
    [Alias("Succeed")]
    Task Succeed();
}

/// <summary>What a caller may do.</summary>
public enum AccessRole
{
    /// <summary>Reads.</summary>
    Viewer = 1,

    /// <summary>Starts, cancels and replays, too.</summary>
    Operator = 2,

    /// <summary>Configures, too.</summary>
    Admin = 3,
}

/// <summary>A user, or a sender with an API key.</summary>
/// <param name="Name">Unique among its kind.</param>
/// <param name="Stamp">A value that changes with the password, the role and the state of a user; tokens with another value are
/// void.</param>
[GenerateSerializer, Immutable, Alias("Interop.CallerIdentity")]
public sealed record CallerIdentity(string Name, AccessRole Role, string Stamp);

/// <summary>Credentials of a login. Their text form does not show the password.</summary>
/// <param name="Address">The address of the caller.</param>
[GenerateSerializer, Immutable, Alias("Interop.LoginAttempt")]
public sealed record LoginAttempt(string Name, string Password, string Address)
{
    /// <inheritdoc/>
    public override string ToString() => $"login of {Name}";
}

/// <summary>The result of a login.</summary>
/// <param name="Identity">Null when the name or the password is wrong, or after too many failures.</param>
/// <param name="RetryAfter">After too many failures: how long to wait.</param>
[GenerateSerializer, Immutable, Alias("Interop.LoginResult")]
public sealed record LoginResult(CallerIdentity? Identity, TimeSpan? RetryAfter);

/// <summary>An API key as the caller sent it. Its text form does not show it.</summary>
[GenerateSerializer, Immutable, Alias("Interop.ApiKeyText")]
public sealed record ApiKeyText(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => "(secret)";
}

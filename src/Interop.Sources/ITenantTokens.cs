namespace Interop.Sources;

/// <summary>The access tokens of OpenEMR tenants, for sources with <c>Auth:Kind=tenant</c>.</summary>
public interface ITenantTokens
{
    /// <summary>The tenant's token, renewed when it has expired.</summary>
    Task<TenantToken> GetAsync(string tenant);

    /// <summary>Reports that a server refused this token, so that the next call gets another one.</summary>
    Task InvalidateAsync(string tenant, string token);
}

/// <summary>A token, or why there is none.</summary>
/// <param name="Value">The token; null when there is none.</param>
/// <param name="Problem">Why there is none.</param>
/// <param name="IsTransient">Whether a later call may succeed.</param>
public sealed record TenantToken(string? Value, string? Problem, bool IsTransient)
{
    /// <inheritdoc/>
    public override string ToString() => Problem ?? "(secret)";
}

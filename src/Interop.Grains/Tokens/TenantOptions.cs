using System.ComponentModel.DataAnnotations;

namespace Interop.Tokens;

/// <summary>One OpenEMR tenant (<c>Tenants:NAME</c>; the flat <c>OPENEMR_*</c> and <c>MIRTH_PD_ENDPOINT_URL</c> configure
/// <c>default</c>).</summary>
public sealed record TenantOptions : IValidatableObject
{
    /// <summary>The token endpoint, <c>https://HOST/oauth2/{site}/token</c>.</summary>
    public string? TokenUrl { get; set; }

    public string? ClientId { get; set; }

    /// <summary>Only for a confidential client.</summary>
    public string? ClientSecret { get; set; }

    public string? Username { get; set; }

    public string? Password { get; set; }

    /// <summary>With <c>offline_access</c> OpenEMR also grants a refresh token.</summary>
    public string? Scope { get; set; }

    /// <summary><c>users</c> or <c>patient</c>.</summary>
    [AllowedValues("users", "patient")]
    public string UserRole { get; set; } = "users";

    /// <summary>The patient's email address, for <c>UserRole=patient</c>.</summary>
    public string? Email { get; set; }

    /// <summary>The URL of the Mirth channel that takes patient discovery requests.</summary>
    public string? MirthEndpointUrl { get; set; }

    /// <summary>How long OpenEMR and Mirth may take to answer. The default value is 10 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:05:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public override string ToString() => TokenUrl ?? "(no token endpoint)"; // without secrets

    /// <summary>The first missing setting without which no token can be requested; null: none is missing.</summary>
    internal string? Missing(string tenant) =>
        new (string Flat, string Name, string? Value)[]
        {
            ("OPENEMR_TOKEN_URL", nameof(TokenUrl), TokenUrl),
            ("OPENEMR_CLIENT_ID", nameof(ClientId), ClientId),
            ("OPENEMR_USERNAME", nameof(Username), Username),
            ("OPENEMR_PASSWORD", nameof(Password), Password),
        }
            .Where(s => string.IsNullOrEmpty(s.Value))
            .Select(s => NameOf(tenant, s.Flat, s.Name))
            .FirstOrDefault();

    /// <summary>The name of a setting in the tenant's configuration.</summary>
    internal static string NameOf(string tenant, string flat, string name) => tenant == "default" ? flat : $"Tenants:{tenant}:{name}";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, url) in new[] { (nameof(TokenUrl), TokenUrl), (nameof(MirthEndpointUrl), MirthEndpointUrl) })
        {
            if (!IsUrl(url))
                yield return new("must be an absolute http or https URL without credentials", [name]);
        }

        if (UserRole == "patient" && string.IsNullOrEmpty(Email))
            yield return new("is missing for UserRole=patient", [nameof(Email)]);

        static bool IsUrl(string? text) =>
            string.IsNullOrEmpty(text)
            || (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0);
    }
}

/// <summary>The tenants of the settings.</summary>
public sealed class TenantRegistry(IReadOnlyDictionary<string, TenantOptions> tenants)
{
    private static readonly TenantOptions Nothing = new();

    /// <summary>A tenant's settings. They are empty for an unknown tenant.</summary>
    public TenantOptions this[string tenant] => tenants.GetValueOrDefault(tenant, Nothing);
}

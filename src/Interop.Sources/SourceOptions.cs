using System.ComponentModel.DataAnnotations;

namespace Interop.Sources;

/// <summary>One FHIR server (<c>Sources:NAME</c>; the flat <c>FHIR_BASE_URL</c> configures the one called <c>default</c>).</summary>
public sealed record SourceOptions : IValidatableObject
{
    /// <summary>The service base, http or https.</summary>
    public string BaseUrl { get; set; } = "";

    /// <summary>Further origins to which its links may lead.</summary>
    public List<string> AllowedOrigins { get; set; } = [];

    /// <summary>Its credentials.</summary>
    public SourceAuthOptions Auth { get; set; } = new();

    /// <summary>Where the resources come from: <c>search</c>, <c>bulk</c>, <c>history</c>, <c>auto</c> or <c>reconcile</c>
    /// (docs/sources.md).</summary>
    [AllowedValues("search", "bulk", "history", "auto", "reconcile")]
    public string Mode { get; set; } = "search";

    /// <summary>How many files, reads or partitions of one run are fetched at the same time. The default value is 4.</summary>
    [Range(1, 32)]
    public int MaxParallel { get; set; } = 4;

    /// <summary>How exports are asked for.</summary>
    public SourceBulkOptions Bulk { get; set; } = new();

    /// <summary>Tries per request.</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 8;

    /// <summary>The first wait between tries.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan BaseDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the server may stay silent.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long one page may take altogether, with further tries and their waits. The default value is 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan PageTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The longest answer, in MiB.</summary>
    [Range(1, 1024)]
    public int MaxResponseMebibytes { get; set; } = 256;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Uri.TryCreate(BaseUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            yield return new($"must be an absolute http or https URL, not '{BaseUrl}'", [nameof(BaseUrl)]);
        else if (!string.IsNullOrEmpty(url.UserInfo))
            yield return new("must not carry credentials; use Auth:Username and Auth:Password", [nameof(BaseUrl)]);
        if (AllowedOrigins.Find(o => !Uri.TryCreate(o, UriKind.Absolute, out _)) is { } origin)
            yield return new($"must be absolute URLs, not '{origin}'", [nameof(AllowedOrigins)]);
    }
}

/// <summary>The credentials of a source.</summary>
public sealed record SourceAuthOptions : IValidatableObject
{
    private static readonly Dictionary<string, (string Name, Func<SourceAuthOptions, string?> Value)[]> Needed = new(StringComparer.Ordinal)
    {
        ["none"] = [],
        ["basic"] = [(nameof(Username), o => o.Username), (nameof(Password), o => o.Password)],
        ["client_credentials"] =
        [
            (nameof(TokenUrl), o => o.TokenUrl),
            (nameof(ClientId), o => o.ClientId),
            (nameof(ClientSecret), o => o.ClientSecret),
        ],
        ["smart_backend"] =
        [
            (nameof(TokenUrl), o => o.TokenUrl),
            (nameof(ClientId), o => o.ClientId),
            (nameof(PrivateKeyFile), o => o.PrivateKeyFile),
        ],
        ["tenant"] = [(nameof(Tenant), o => o.Tenant)],
    };

    /// <summary><c>none</c>, <c>basic</c>, <c>client_credentials</c>, <c>smart_backend</c> or <c>tenant</c>.</summary>
    public string Kind { get; set; } = "none";

    /// <summary>For <c>basic</c>.</summary>
    public string? Username { get; set; }

    /// <summary>For <c>basic</c>.</summary>
    public string? Password { get; set; }

    /// <summary>The OAuth 2 token endpoint.</summary>
    public string? TokenUrl { get; set; }

    /// <summary>For OAuth 2.</summary>
    public string? ClientId { get; set; }

    /// <summary>For <c>client_credentials</c>.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>For OAuth 2.</summary>
    public string? Scope { get; set; }

    /// <summary>For <c>smart_backend</c>: a PEM file with an RSA (RS384) or P-384 (ES384) private key.</summary>
    public string? PrivateKeyFile { get; set; }

    /// <summary>For <c>smart_backend</c>: the key's id in the published JWKS; null: its thumbprint (RFC 7638).</summary>
    public string? KeyId { get; set; }

    /// <summary>For <c>tenant</c>: whose OpenEMR token is sent.</summary>
    public string? Tenant { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Needed.TryGetValue(Kind, out var needed))
            return [new($"must be {string.Join(", ", Needed.Keys)}, not '{Kind}'", [nameof(Kind)])];
        var missing = needed
            .Where(setting => string.IsNullOrEmpty(setting.Value(this)))
            .Select(setting => new ValidationResult($"is missing for Kind={Kind}", [setting.Name]))
            .ToList();
        if (missing.Count > 0)
            return missing;
        if (
            Kind is "client_credentials" or "smart_backend"
            && !(Uri.TryCreate(TokenUrl, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
        )
            return [new($"must be an absolute http or https URL, not '{TokenUrl}'", [nameof(TokenUrl)])];
        return Kind == "smart_backend" && !File.Exists(PrivateKeyFile)
            ? [new($"must be a PEM file; there is none at '{PrivateKeyFile}'", [nameof(PrivateKeyFile)])]
            : [];
    }
}

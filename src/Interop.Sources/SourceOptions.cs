namespace Interop.Sources;

/// <summary>One FHIR server (<c>Sources:NAME</c>; the flat <c>FHIR_BASE_URL</c> configures the one called <c>default</c>).</summary>
public sealed record SourceOptions
{
    /// <summary>The service base, http or https.</summary>
    public string BaseUrl { get; set; } = "";

    /// <summary>Further origins to which its links may lead.</summary>
    public List<string> AllowedOrigins { get; set; } = [];

    /// <summary>Its credentials.</summary>
    public SourceAuthOptions Auth { get; set; } = new();

    /// <summary>Tries per request.</summary>
    public int MaxAttempts { get; set; } = 8;

    /// <summary>The first wait between tries.</summary>
    public TimeSpan BaseDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the server may stay silent.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest answer, in MiB.</summary>
    public int MaxResponseMebibytes { get; set; } = 256;

    /// <summary>Null when all is well, else what is wrong with it, naming the setting.</summary>
    public string? Validate(string name)
    {
        if (!Uri.TryCreate(BaseUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            return $"Sources:{name}:BaseUrl (FHIR_BASE_URL for 'default') must be an absolute http or https URL, not '{BaseUrl}'";
        if (!string.IsNullOrEmpty(url.UserInfo))
            return $"Sources:{name}:BaseUrl must not carry credentials; use Sources:{name}:Auth";
        if (AllowedOrigins.Find(o => !Uri.TryCreate(o, UriKind.Absolute, out _)) is { } origin)
            return $"Sources:{name}:AllowedOrigins must be absolute URLs, not '{origin}'";
        if (MaxAttempts is < 1 or > 100)
            return $"Sources:{name}:MaxAttempts must be 1 to 100, not {MaxAttempts}";
        if (MaxResponseMebibytes is < 1 or > 1024)
            return $"Sources:{name}:MaxResponseMebibytes must be 1 to 1024, not {MaxResponseMebibytes}";
        if (BaseDelay < TimeSpan.Zero || IdleTimeout <= TimeSpan.Zero)
            return $"Sources:{name}: BaseDelay must not be negative and IdleTimeout must be positive";
        return Auth.Validate(name);
    }
}

/// <summary>How a source knows us.</summary>
public sealed record SourceAuthOptions
{
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

    /// <summary>For <c>smart_backend</c>: the key's id in the published JWKS.</summary>
    public string? KeyId { get; set; }

    /// <summary>For <c>tenant</c>: whose OpenEMR token is sent.</summary>
    public string? Tenant { get; set; }

    internal string? Validate(string name)
    {
        string? Missing(params (string Setting, string? Value)[] needed) =>
            needed.Where(n => string.IsNullOrEmpty(n.Value)).Select(n => $"Sources:{name}:Auth:{n.Setting} is missing for Kind={Kind}").FirstOrDefault();

        if (Kind is "client_credentials" or "smart_backend" && TokenUrl is not null
            && !(Uri.TryCreate(TokenUrl, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https")))
            return $"Sources:{name}:Auth:TokenUrl must be an absolute http or https URL, not '{TokenUrl}'";
        if (Kind == "smart_backend" && PrivateKeyFile is not null && !File.Exists(PrivateKeyFile))
            return $"Sources:{name}:Auth:PrivateKeyFile must be a PEM file; there is none at '{PrivateKeyFile}'";
        return Kind switch
        {
            "none" => null,
            "basic" => Missing(("Username", Username), ("Password", Password)),
            "client_credentials" => Missing(("TokenUrl", TokenUrl), ("ClientId", ClientId), ("ClientSecret", ClientSecret)),
            "smart_backend" => Missing(("TokenUrl", TokenUrl), ("ClientId", ClientId), ("PrivateKeyFile", PrivateKeyFile)),
            "tenant" => Missing(("Tenant", Tenant)),
            _ => $"Sources:{name}:Auth:Kind must be none, basic, client_credentials, smart_backend or tenant, not '{Kind}'",
        };
    }
}

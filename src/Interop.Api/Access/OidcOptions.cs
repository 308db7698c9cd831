using System.ComponentModel.DataAnnotations;

namespace Interop.Api.Access;

/// <summary>An OpenID Connect issuer whose tokens are accepted (section <c>Oidc</c>).</summary>
public sealed record OidcOptions : IValidatableObject
{
    /// <summary>The issuer's URL (<c>OIDC_ISSUER</c>); its discovery document lies below it. https, or http on loopback.</summary>
    public string? Issuer { get; set; }

    /// <summary>The audience that tokens must name (<c>OIDC_AUDIENCE</c>).</summary>
    public string? Audience { get; set; }

    /// <summary>The claim that holds roles, a text or a list. The default is <c>roles</c>.</summary>
    [Required]
    public string RoleClaim { get; set; } = "roles";

    /// <summary>The value of the claim that makes a viewer.</summary>
    [Required]
    public string ViewerRole { get; set; } = "viewer";

    /// <summary>The value of the claim that makes an operator.</summary>
    [Required]
    public string OperatorRole { get; set; } = "operator";

    /// <summary>The value of the claim that makes an admin.</summary>
    [Required]
    public string AdminRole { get; set; } = "admin";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Issuer is null)
            yield break;
        if (!Uri.TryCreate(Issuer, UriKind.Absolute, out var url) || !(url.Scheme == "https" || (url.Scheme == "http" && url.IsLoopback)))
            yield return new($"must be an https URL, not '{Issuer}'", [nameof(Issuer)]);
        if (string.IsNullOrEmpty(Audience))
            yield return new("is missing for OIDC_ISSUER", [nameof(Audience)]);
    }
}

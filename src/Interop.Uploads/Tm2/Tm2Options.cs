using System.ComponentModel.DataAnnotations;

namespace Interop.Uploads.Tm2;

/// <summary>Settings of TM2 files and of OpenMRS.</summary>
public sealed record Tm2Options : IValidatableObject
{
    /// <summary>The address of OpenMRS, without <c>/ws/rest/v1</c> (<c>OPENMRS_BASE_URL</c>); null: records are stored and stay
    /// pending.</summary>
    public string? BaseUrl { get; set; }

    /// <summary>The user (<c>OPENMRS_USERNAME</c>).</summary>
    public string? Username { get; set; }

    /// <summary>The password (<c>OPENMRS_PASSWORD</c>).</summary>
    public string? Password { get; set; }

    /// <summary>Encounters that are submitted at the same time. The default value is 8.</summary>
    [Range(1, 64)]
    public int Parallelism { get; set; } = 8;

    /// <summary>A JSON file of mappings that replaces the built-in table; null for the built-in one.</summary>
    public string? Mappings { get; set; }

    /// <summary>Whether a concept that OpenMRS does not have is created. Else its records fail. The default value is true.</summary>
    public bool CreatesConcepts { get; set; } = true;

    /// <summary>The uuid of the patient identifier type; null takes the first one of the server.</summary>
    public string? IdentifierType { get; set; }

    /// <summary>The uuid of the location; null takes the first one of the server.</summary>
    public string? Location { get; set; }

    /// <summary>The uuid of the encounter type; null takes the one named Consultation, else the first one of the server.</summary>
    public string? EncounterType { get; set; }

    /// <summary>The name of the code system in OpenMRS. The default value is ICD-11.</summary>
    [Required]
    public string ConceptSource { get; set; } = "ICD-11";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (BaseUrl is not null && !(Uri.TryCreate(BaseUrl, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
            yield return new($"must be an absolute http or https URL, not '{BaseUrl}'", [nameof(BaseUrl)]);
        if (BaseUrl is not null && (Username is null || Password is null))
            yield return new("is required when OPENMRS_BASE_URL is set", [Username is null ? nameof(Username) : nameof(Password)]);
    }
}

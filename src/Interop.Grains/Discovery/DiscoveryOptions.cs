using System.ComponentModel.DataAnnotations;

namespace Interop.Discovery;

/// <summary>The settings of patient discovery (section <c>Discovery</c>).</summary>
public sealed record DiscoveryOptions
{
    /// <summary>
    /// The secret from which patient keys are made (<see cref="PatientKeys"/>). All silos of a cluster need the same. Without it the secret
    /// is read from <see cref="PatientKeyFile"/>.
    /// </summary>
    [MinLength(32, ErrorMessage = "must have at least 32 characters")]
    public string? PatientKey { get; set; }

    /// <summary>The file of the secret. It is created, readable by its owner only, if it does not exist.</summary>
    [Required]
    public string PatientKeyFile { get; set; } = "data/patient.key";

    /// <inheritdoc/>
    public override string ToString() => PatientKeyFile; // without the secret
}

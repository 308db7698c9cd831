using System.Text.Json;

namespace Interop.Fhir.Validation;

/// <summary>
/// Checks one resource against the profiles that its <c>meta.profile</c> claims.
/// An implementation must be safe for several threads and must not throw, whatever the resource holds.
/// </summary>
public interface IProfileChecker
{
    /// <param name="resource">One resource; its structure has no errors.</param>
    /// <param name="issues">Receives the issues that were found.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    void Check(JsonElement resource, ICollection<ValidationIssue> issues, CancellationToken cancellationToken);
}

using Interop.Fhir.Schema;

namespace Interop.Fhir.Validation;

/// <summary>
/// Checks the invariants of the specification on one resource: those of each type it contains and of each element
/// (<see cref="TypeDefinition.Invariants"/>, <see cref="ElementDefinition.Invariants"/>).
/// The validator itself reports <see cref="ResourceValidator.StructuralInvariants"/>; a checker leaves those out.
/// An implementation must be safe for several threads and must not throw, whatever the resource holds.
/// </summary>
public interface IInvariantChecker
{
    /// <param name="utf8">One resource as well-formed JSON; the structure may have errors, which are reported already.</param>
    /// <param name="resourceType">The resource's type.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    /// <param name="issues">Takes what is found: code <see cref="IssueCode.Invariant"/>, the text beginning with the invariant's
    /// key.</param>
    void Check(
        ReadOnlySpan<byte> utf8,
        TypeDefinition resourceType,
        ICollection<ValidationIssue> issues,
        CancellationToken cancellationToken
    );
}

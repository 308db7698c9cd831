namespace Interop.Fhir.Schema;

/// <summary>
/// A formal constraint of the specification (ElementDefinition.constraint): every instance of the type or element that carries it must
/// make <see cref="Expression"/> true.
/// </summary>
/// <param name="Key">The specification's key, unique within a resource type: obs-6.</param>
/// <param name="IsError">Whether a violation is an error; otherwise a warning (dom-6).</param>
/// <param name="Human">What the constraint means, in the specification's words.</param>
/// <param name="Expression">FHIRPath, evaluated on the instance.</param>
public sealed record Invariant(string Key, bool IsError, string Human, string Expression);

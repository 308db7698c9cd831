namespace Interop.Fhir.FhirPath.Types;

/// <summary>The parts of a FHIR version that FHIRPath needs: its types, their elements and their base types.</summary>
public interface IFhirTypeModel
{
    /// <summary>
    /// A type by name: a resource (<c>Patient</c>), a data type (<c>HumanName</c>, <c>code</c>), or an abstract one (<c>Element</c>).
    /// Null where the model has no such type.
    /// </summary>
    FhirTypeInfo? FindType(string name);

    /// <summary>
    /// Whether a code is in a value set of a required binding; without a system, whether the value set has the code in any. Null where the
    /// model does not have the value set.
    /// </summary>
    bool? IsMember(string valueSet, string? system, string code);
}

/// <summary>An element of a type.</summary>
/// <param name="Name">The name in a path: <c>value</c> for <c>value[x]</c>.</param>
/// <param name="Types">Its types; several for a choice. A nested element has its own type, named by its path, such as
/// <c>Patient.contact</c>.</param>
/// <param name="IsCollection">More than one may occur.</param>
/// <param name="IsChoice">Written in JSON with the type as suffix: <c>valueQuantity</c>.</param>
public sealed record FhirElementInfo(string Name, IReadOnlyList<FhirTypeInfo> Types, bool IsCollection, bool IsChoice);

using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Syntax;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>
/// A type specifier found in a model. A name without namespace may mean a FHIR type and a System type (Quantity): the tested item decides
/// which one.
/// </summary>
internal sealed class TypeTest
{
    private readonly FhirTypeInfo? _system;

    private TypeTest(FhirTypeInfo? fhir, FhirTypeInfo? system)
    {
        Fhir = fhir;
        _system = system;
    }

    public FhirTypeInfo? Fhir { get; }

    /// <summary>Throws when there is no type of that name. The namespace System has its own types only: no item is a
    /// System.Patient.</summary>
    public static TypeTest Find(IFhirTypeModel model, TypeName name)
    {
        var system = name.Namespace is null or SystemTypes.Namespace ? SystemTypes.Find(name.Name) : null;
        var fhir = name.Namespace is null or "FHIR" ? model.FindType(name.Name) : null;
        if (fhir is null && system is null && name.Namespace != SystemTypes.Namespace)
            throw FhirPathException.Semantic($"there is no type {name}", name.Position);
        return new TypeTest(fhir, system);
    }

    /// <summary>is: the type itself or one that derives from it.</summary>
    public bool Is(FhirTypeInfo type) => (type.IsSystem ? _system : Fhir) is { } tested && type.IsSubtypeOf(tested);

    /// <summary>as and ofType: a primitive must have exactly this type (a code is a string for <c>is</c>, but not here).</summary>
    public bool IsOfType(FhirTypeInfo type) => (type.IsSystem ? _system : Fhir) is { } tested && IsOfType(type, tested);

    public static bool IsOfType(FhirTypeInfo type, FhirTypeInfo tested)
    {
        if (ReferenceEquals(type, tested))
            return true;
        return !tested.IsPrimitive && type.IsSubtypeOf(tested);
    }
}

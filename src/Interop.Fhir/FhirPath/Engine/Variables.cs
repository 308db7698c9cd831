using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Nodes;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>The variables that every expression knows (FHIRPath 2.0, 4.8; FHIR R4, fhirpath.html, variables).</summary>
internal static class Variables
{
    private const string ValueSetPrefix = "vs-";
    private const string ExtensionPrefix = "ext-";

    public static bool IsBuiltIn(string name) =>
        name is "context" or "resource" or "rootResource" or "ucum" or "sct" or "loinc"
        || name.StartsWith(ValueSetPrefix, StringComparison.Ordinal)
        || name.StartsWith(ExtensionPrefix, StringComparison.Ordinal);

    public static Operation Compile(string name, int position) =>
        name switch
        {
            "context" => new InputOperation(),
            "resource" => new ResourceOperation(root: false),
            "rootResource" => new ResourceOperation(root: true),
            "ucum" => Text("http://unitsofmeasure.org"),
            "sct" => Text("http://snomed.info/sct"),
            "loinc" => Text("http://loinc.org"),
            _ when name.StartsWith(ValueSetPrefix, StringComparison.Ordinal) => Text(
                "http://hl7.org/fhir/ValueSet/" + name[ValueSetPrefix.Length..]
            ),
            _ when name.StartsWith(ExtensionPrefix, StringComparison.Ordinal) => Text(
                "http://hl7.org/fhir/StructureDefinition/" + name[ExtensionPrefix.Length..]
            ),
            _ => new VariableOperation(name) { Position = position },
        };

    private static LiteralOperation Text(string text) => new(FhirPathNode.FromString(text));
}

/// <summary>%context: what the whole expression is evaluated on.</summary>
internal sealed class InputOperation : Operation
{
    public override void Evaluate(Evaluation e)
    {
        if (e.HasInput)
            e.Push(e.Input);
    }
}

/// <summary>%resource and %rootResource.</summary>
internal sealed class ResourceOperation(bool root) : Operation
{
    public override void Evaluate(Evaluation e)
    {
        var given = root ? e.Context.RootResource ?? e.Context.Resource : e.Context.Resource;
        if (given is { } resource)
            e.Push(resource);
        else if (e.HasInput)
            e.Push(e.Input);
    }
}

/// <summary>%name of defineVariable() or of the caller.</summary>
internal sealed class VariableOperation(string name) : Operation
{
    public override void Evaluate(Evaluation e)
    {
        IReadOnlyList<FhirPathNode>? value = VariableScope.Find(e.Variables, name)?.Value;
        if (value is null && e.Context.Variables?.TryGetValue(name, out value) is not true)
            throw FhirPathException.Execution($"there is no variable %{name}", Position);
        for (var i = 0; i < value!.Count; i++)
            e.Push(value[i]);
    }
}

using System.Text.Json;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>The type that a reference names, whether or not it can be resolved.</summary>
internal static class ReferenceTarget
{
    /// <summary>The type of a Reference, uri or canonical: Reference.type, else the type in <c>Patient/1</c> or
    /// <c>http://server/Patient/1</c>; else null.</summary>
    public static FhirTypeInfo? TypeOf(IFhirTypeModel model, in FhirPathNode node)
    {
        if (node.Kind == NodeKind.String)
            return FromText(model, node.AsText());
        if (node.Json.ValueKind != JsonValueKind.Object)
            return null;
        if (node.Json.TryGetProperty("type"u8, out var type) && type.ValueKind == JsonValueKind.String)
            return Resource(model, type.GetString());
        return node.Json.TryGetProperty("reference"u8, out var reference) && reference.ValueKind == JsonValueKind.String
            ? FromText(model, reference.GetString())
            : null;
    }

    private static FhirTypeInfo? FromText(IFhirTypeModel model, string? text)
    {
        if (string.IsNullOrEmpty(text) || text[0] == '#')
            return null;
        var history = text.IndexOf("/_history/", StringComparison.Ordinal);
        var parts = (history < 0 ? text : text[..history]).Split('?')[0].Split('/');
        return parts.Length switch
        {
            1 => text.Contains('?', StringComparison.Ordinal) ? Resource(model, parts[0]) : null,
            _ => Resource(model, parts[^2]),
        };
    }

    private static FhirTypeInfo? Resource(IFhirTypeModel model, string? name) =>
        name is not null && model.FindType(name) is { IsResource: true } type ? type : null;
}

using System.Text.Json;
using Interop.Patients;

namespace Interop.Ingestion.Patients;

/// <summary>A resource in a few words, read from its JSON whatever its type is.</summary>
internal static class ResourceText
{
    /// <summary>Resources may be nested this deeply.</summary>
    public static JsonDocumentOptions Deep { get; } = new() { MaxDepth = 128 };

    // Elements that say what a resource is about, the most telling first.
    private static readonly string[] Subjects =
    [
        "code",
        "medicationCodeableConcept",
        "vaccineCode",
        "medicationReference",
        "type",
        "serviceType",
        "class",
        "category",
        "description",
    ];

    /// <summary>What a resource is about, such as the display of its code; null: it does not say.</summary>
    public static string? About(JsonElement resource) =>
        Subjects.Select(name => Words(Member(resource, name))).FirstOrDefault(w => w is not null);

    /// <summary>The value of an observation; null: it has none.</summary>
    public static string? Value(JsonElement resource)
    {
        if (Quantity(Member(resource, "valueQuantity")) is { } quantity)
            return quantity;
        if (Words(Member(resource, "valueCodeableConcept")) is { } concept)
            return concept;
        foreach (var name in (string[])["valueString", "valueInteger", "valueBoolean", "valueDateTime"])
        {
            if (Member(resource, name) is { ValueKind: not JsonValueKind.Undefined } value)
                return value.ToString();
        }

        return null;
    }

    /// <summary>The status, or the clinical status; null: it has none.</summary>
    public static string? Status(JsonElement resource) =>
        Member(resource, "status") is { ValueKind: JsonValueKind.String } status
            ? status.GetString()
            : Words(Member(resource, "clinicalStatus"));

    /// <summary>What tells a patient from another.</summary>
    public static PatientSummary Patient(PatientKey key, JsonElement resource)
    {
        var names = Elements(Member(resource, "name"));
        var name = names.FirstOrDefault(n => Text(Member(n, "use")) == "official", names.FirstOrDefault());
        var given = string.Join(' ', Elements(Member(name, "given")).Select(Text).OfType<string>());
        return new PatientSummary(
            key,
            Text(Member(name, "family")) ?? Text(Member(name, "text")),
            given.Length == 0 ? null : given,
            Text(Member(resource, "gender")),
            Text(Member(resource, "birthDate"))
        );
    }

    /// <summary>The words of a CodeableConcept, a Coding, a Reference or a string, or of the first of several.</summary>
    private static string? Words(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.String => element.GetString(),
            JsonValueKind.Array => Elements(element).Select(Words).FirstOrDefault(w => w is not null),
            JsonValueKind.Object => Text(Member(element, "text"))
                ?? Text(Member(element, "display"))
                ?? Words(Member(element, "coding"))
                ?? Text(Member(element, "code")),
            _ => null,
        };

    private static string? Quantity(JsonElement quantity) =>
        Member(quantity, "value") is { ValueKind: JsonValueKind.Number } value
            ? $"{value.GetRawText()} {Text(Member(quantity, "unit")) ?? Text(Member(quantity, "code"))}".TrimEnd()
            : null;

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    private static List<JsonElement> Elements(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray()] : [];

    private static string? Text(JsonElement element) => element.ValueKind == JsonValueKind.String ? element.GetString() : null;
}

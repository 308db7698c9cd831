using System.Collections.Immutable;
using System.Text.Json;
using Interop.Storage;

namespace Interop.Ingestion.Normalizing;

/// <summary>The four tables of contracts/ingestion.md.</summary>
internal static class DefaultNormalizers
{
    public static ImmutableArray<INormalizer> All { get; } =
    [
        new PlainNormalizer(
            "Patient",
            "patients",
            Text("family", r => OfficialName(r).At("family")),
            Text("given", r => OfficialName(r).At("given", 0)),
            Text("gender", r => r.At("gender")),
            Text("birth_date", r => r.At("birthDate"))),
        new PlainNormalizer(
            "Observation",
            "observations",
            Text("patient_id", r => PatientReference.IdOf(r)),
            Text("status", r => r.At("status")),
            Text("code", r => r.At("code", "coding", 0, "code")),
            Text("code_display", r => r.At("code", "coding", 0, "display") is { ValueKind: JsonValueKind.String } display ? display : r.At("code", "text")),
            Text("effective_datetime", r => r.At("effectiveDateTime")),
            new NormalizedColumn("value_quantity", ColumnType.Numeric, r => r.At("valueQuantity", "value") is { ValueKind: JsonValueKind.Number } n ? n.GetRawText() : null),
            Text("value_unit", r => r.At("valueQuantity", "unit")),
            Text("value_string", r => r.At("valueString"))),
        new PlainNormalizer(
            "Encounter",
            "encounters",
            Text("patient_id", r => PatientReference.IdOf(r)),
            Text("status", r => r.At("status")),
            Text("encounter_class", r => r.At("class", "code")),
            Text("start", r => r.At("period", "start")),
            Text("end", r => r.At("period", "end"))),
        new PlainNormalizer(
            "Condition",
            "conditions",
            Text("patient_id", r => PatientReference.IdOf(r)),
            Text("clinical_status", r => r.At("clinicalStatus", "coding", 0, "code")),
            Text("verification_status", r => r.At("verificationStatus", "coding", 0, "code")),
            Text("code", r => r.At("code", "coding", 0, "code")),
            Text("onset", r => r.At("onsetDateTime")),
            Text("recorded_date", r => r.At("recordedDate"))),
    ];

    private static NormalizedColumn Text(string name, Func<JsonElement, JsonElement> read) =>
        new(name, ColumnType.Text, r => read(r) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null);

    private static NormalizedColumn Text(string name, Func<JsonElement, string?> read) => new(name, ColumnType.Text, read);

    private static JsonElement OfficialName(JsonElement patient)
    {
        var names = patient.At("name");
        if (names.ValueKind != JsonValueKind.Array)
            return default;
        foreach (var name in names.EnumerateArray())
        {
            if (name.At("use") is { ValueKind: JsonValueKind.String } use && use.ValueEquals("official"u8))
                return name;
        }

        return names.At(0);
    }
}

/// <summary>Steps into JSON that end in <c>default</c> (kind Undefined) where there is nothing.</summary>
internal static class JsonPathExtensions
{
    public static JsonElement At(this JsonElement element, string member) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(member, out var value) ? value : default;

    public static JsonElement At(this JsonElement element, int index) =>
        element.ValueKind == JsonValueKind.Array && index < element.GetArrayLength() ? element[index] : default;

    public static JsonElement At(this JsonElement element, string a, string b) => element.At(a).At(b);

    public static JsonElement At(this JsonElement element, string a, int index) => element.At(a).At(index);

    public static JsonElement At(this JsonElement element, string a, string b, int index, string c) => element.At(a).At(b).At(index).At(c);
}

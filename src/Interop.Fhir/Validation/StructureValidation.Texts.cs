using System.Text;
using System.Text.Json;
using Interop.Fhir.Schema;

namespace Interop.Fhir.Validation;

/// <summary>The wording of issues.</summary>
internal sealed partial class StructureValidation
{
    private const int LongestQuote = 80;

    private void ReportFormat(Property property, ReadOnlySpan<byte> value)
    {
        var type = property.Type.Type;
        Issues.Error(IssueCode.Value, $"{Quote(value)} is not a valid {type.Name}: {PrimitiveFormat.Describe(type.Primitive)}.");
    }

    private string UnknownProperty(ref Utf8JsonReader reader, TypeDefinition type)
    {
        var name = PropertyName(ref reader);
        var bare = name.TrimStart('_');
        foreach (var element in type.Elements)
        {
            if (element.IsChoice && element.Name == bare)
                return $"{type.Name} has no property {name}: write {element.Name}[x] with its type, as {ChoiceNames(element)}.";
            if (!element.IsChoice && element.Name.Equals(bare, StringComparison.OrdinalIgnoreCase))
                return $"{type.Name} has no property {name}; it has {element.Name}{(name == bare ? "" : ", which is not a primitive and has no companion")}.";
        }

        return type.IsPrimitive
            ? $"The companion of a {type.Name} has id and extension, and no property {name}."
            : $"{type.Name} has no property {name} in FHIR {_schema.Version}.";
    }

    private static string PropertyName(ref Utf8JsonReader reader)
    {
        var raw = reader.ValueSpan.Length > LongestQuote ? reader.ValueSpan[..LongestQuote] : reader.ValueSpan;
        return Encoding.UTF8.GetString(raw);
    }

    /// <summary>A value for the text of an issue: shortened and on one line.</summary>
    private static string Quote(ReadOnlySpan<byte> value)
    {
        var text = Encoding.UTF8.GetString(value.Length > LongestQuote * 4 ? value[..(LongestQuote * 4)] : value);
        var quoted = new StringBuilder("'");
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, LongestQuote)))
            quoted.Append(char.IsControl(c) ? '\uFFFD' : c);
        return quoted.Append(text.Length > LongestQuote ? "...'" : "'").ToString();
    }

    private static string Codes(RequiredValueSet valueSet)
    {
        const int most = 12;
        if (valueSet.IsOpen)
            return "a code of the value set";
        var codes = valueSet.Systems.SelectMany(s => s.Codes).Distinct().ToList();
        return "one of " + string.Join(", ", codes.Take(most)) + (codes.Count > most ? $" and {codes.Count - most} others" : "");
    }

    private static string Describe(JsonTokenType token) =>
        token switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "an array",
            JsonTokenType.String => "a string",
            JsonTokenType.Number => "a number",
            JsonTokenType.True or JsonTokenType.False => "true or false",
            _ => "null",
        };
}

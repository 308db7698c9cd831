using System.Text.Json;
using Interop.Fhir.Json;
using Interop.Fhir.Schema;

namespace Interop.Fhir.Validation;

/// <summary>Required bindings of CodeableConcepts: at least one coding is to be from the value set (terminologies.html#required).</summary>
internal sealed partial class StructureValidation
{
    // Reads the concept a second time, from its start; few elements have such a binding.
    private void CheckConceptBinding(Utf8JsonReader reader, RequiredValueSet valueSet)
    {
        if (valueSet.IsOpen)
            return;

        var hasCoding = false;
        var isBound = false;
        var hasExtension = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isCoding = reader.IsNamed("coding"u8);
            hasExtension |= reader.IsNamed("extension"u8);
            reader.Read();
            if (isCoding && reader.TokenType == JsonTokenType.StartArray)
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    hasCoding = true;
                    if (reader.TokenType == JsonTokenType.StartObject)
                        isBound |= IsBoundCoding(ref reader, valueSet);
                    else
                        reader.Skip();
                }
            }
            else
            {
                reader.Skip();
            }
        }

        // An extension such as data-absent-reason may replace the coding.
        if (!isBound && (hasCoding || !hasExtension))
        {
            Issues.Error(
                IssueCode.CodeInvalid,
                $"{(hasCoding ? "None of the codings is" : "There is no coding; one is required that is")} {Codes(valueSet)} (value set {valueSet.Url})."
            );
        }
    }

    private static bool IsBoundCoding(ref Utf8JsonReader reader, RequiredValueSet valueSet)
    {
        Utf8JsonReader system = default,
            code = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isSystem = reader.IsNamed("system"u8);
            var isCode = reader.IsNamed("code"u8);
            reader.Read();
            if (isSystem && reader.TokenType == JsonTokenType.String)
                system = reader;
            else if (isCode && reader.TokenType == JsonTokenType.String)
                code = reader;
            reader.Skip();
        }

        if (system.TokenType != JsonTokenType.String || code.TokenType != JsonTokenType.String)
            return false;
        return valueSet.Contains(RawOrText(ref system), RawOrText(ref code));
    }

    private static ReadOnlySpan<byte> RawOrText(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
            return reader.ValueSpan;
        var text = new byte[reader.ValueSpan.Length];
        return reader.TryUnescape(text, out var length) ? text.AsSpan(0, length) : [];
    }
}

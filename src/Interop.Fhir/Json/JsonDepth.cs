using System.Text.Json;

namespace Interop.Fhir.Json;

/// <summary>The deepest JSON that is read. Deeper documents are refused early, because nothing in FHIR needs them.</summary>
internal static class JsonDepth
{
    /// <summary>The largest depth in levels. More nesting could exhaust a thread's stack.</summary>
    public const int Limit = 256;

    /// <summary>Skips the current value. Returns false, inside the value, when it is nested deeper than <see cref="Limit"/>.</summary>
    /// <exception cref="JsonException">Malformed.</exception>
    public static bool TrySkip(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.PropertyName)
            reader.Read();
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return true;
        var depth = reader.CurrentDepth;
        do
        {
            if (reader.CurrentDepth >= Limit && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                return false;
            reader.Read();
        } while (reader.CurrentDepth > depth);
        return true;
    }
}

/// <summary>A document is nested deeper than <see cref="JsonDepth.Limit"/>. Not transient: the server would send the same again.</summary>
internal sealed class JsonTooDeepException() : JsonException($"nested more than {JsonDepth.Limit} levels deep");

using System.Text.Json;
using Interop.Fhir.Validation;

namespace Interop.Fhir.Json;

/// <summary>Where reading what a server sent ends, so that nesting without end costs nobody time.</summary>
internal static class JsonDepth
{
    /// <summary>Nothing that is read here on purpose is deeper: it is the most that validation can be set to.</summary>
    public const int Limit = ValidationOptions.LargestMaxDepth;

    /// <summary>Passes over the value that the reader is at, or about to enter; false, somewhere in it, as soon as it lies deeper than <see cref="Limit"/>.</summary>
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
        }
        while (reader.CurrentDepth > depth);
        return true;
    }
}

/// <summary>An answer is nested deeper than anything that FHIR has; asking again would bring it again.</summary>
internal sealed class JsonTooDeepException() : JsonException($"nested more than {JsonDepth.Limit} levels deep");

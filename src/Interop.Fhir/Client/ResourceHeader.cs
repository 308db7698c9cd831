using System.Globalization;
using System.Text.Json;
using Interop.Fhir.Json;

namespace Interop.Fhir.Client;

/// <summary>The members that identify a version of a resource, read without parsing the rest.</summary>
/// <param name="LastUpdated"><c>meta.lastUpdated</c> to 100 ns; null when absent or not an instant.</param>
public readonly record struct ResourceHeader(string? ResourceType, string? Id, string? VersionId, DateTimeOffset? LastUpdated)
{
    // Depth is checked per resource, so that one deep resource does not fail its page. The reader keeps one bit per level.
    internal static JsonReaderOptions AnyDepth { get; } = new() { MaxDepth = int.MaxValue };

    /// <summary>
    /// Nested deeper than the validator accepts (<see cref="Validation.ValidationOptions.LargestMaxDepth"/>): reading stopped
    /// there, and later members count as absent.
    /// </summary>
    public bool IsTooDeep { get; init; }

    /// <summary>Reads the members that are present. A member of another JSON type counts as absent; the validator reports it.</summary>
    /// <exception cref="JsonException">Not well-formed JSON.</exception>
    public static ResourceHeader Read(ReadOnlySpan<byte> resource)
    {
        var reader = new Utf8JsonReader(resource, AnyDepth);
        string? type = null,
            id = null,
            version = null;
        DateTimeOffset? lastUpdated = null;
        var isTooDeep = false;
        var found = 0;
        try
        {
            reader.Read();
            while (found < 3 && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.IsNamed("resourceType"u8))
                    found += ReadString(ref reader, ref type);
                else if (reader.IsNamed("id"u8))
                    found += ReadString(ref reader, ref id);
                else if (reader.IsNamed("meta"u8))
                    found += ReadMeta(ref reader, ref version, ref lastUpdated);
                else
                    Skip(ref reader);
            }
        }
        catch (JsonTooDeepException)
        {
            isTooDeep = true;
        }

        return new ResourceHeader(type, id, version, lastUpdated) { IsTooDeep = isTooDeep };
    }

    /// <summary>An instant with any number of fraction digits; what is finer than 100 ns is cut off, never rounded up.</summary>
    public static DateTimeOffset? ParseInstant(string text)
    {
        // DateTimeOffset takes seven fraction digits; servers send up to nine.
        var dot = text.IndexOf('.');
        if (dot > 0)
        {
            var end = dot + 1;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
                end++;
            if (end - dot - 1 > 7)
                text = string.Concat(text.AsSpan(0, dot + 8), text.AsSpan(end));
        }

        // Not the '-' of a mere date, which would pass for an offset.
        var hasZone = text.Length >= "yyyy-MM-ddTHH:mm:ssZ".Length && (text[^1] == 'Z' || text[^6] is '+' or '-');
        return hasZone && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var instant)
            ? instant.ToUniversalTime()
            : null;
    }

    private static int ReadMeta(ref Utf8JsonReader reader, ref string? version, ref DateTimeOffset? lastUpdated)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Skip(ref reader);
            return 1;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.IsNamed("versionId"u8))
            {
                ReadString(ref reader, ref version);
            }
            else if (reader.IsNamed("lastUpdated"u8))
            {
                string? text = null;
                ReadString(ref reader, ref text);
                lastUpdated = text is null ? null : ParseInstant(text);
            }
            else
            {
                Skip(ref reader);
            }
        }

        return 1;
    }

    private static int ReadString(ref Utf8JsonReader reader, ref string? value)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
            value = reader.TextOrNull();
        else
            Skip(ref reader);
        return 1;
    }

    private static void Skip(ref Utf8JsonReader reader)
    {
        if (!JsonDepth.TrySkip(ref reader))
            throw new JsonTooDeepException();
    }
}

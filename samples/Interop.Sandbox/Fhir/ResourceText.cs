using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Interop.Sandbox.Fhir;

/// <summary>Reads references and times from a resource's JSON and writes `id` and `meta` into it.</summary>
internal static class ResourceText
{
    private static readonly JsonWriterOptions Relaxed = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>The same resource with these id, versionId and lastUpdated; everything else keeps its text and its order.</summary>
    public static byte[] Stamp(JsonElement resource, string id, int version, long lastUpdatedTicks)
    {
        using var stream = new MemoryStream(2048);
        using (var writer = new Utf8JsonWriter(stream, Relaxed))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("resourceType");
            resource.GetProperty("resourceType").WriteTo(writer);
            writer.WriteString("id", id);
            writer.WriteStartObject("meta");
            writer.WriteString("versionId", version.ToString(CultureInfo.InvariantCulture));
            writer.WriteString(
                "lastUpdated",
                new DateTime(lastUpdatedTicks).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
            );
            if (resource.TryGetProperty("meta", out var meta) && meta.ValueKind == JsonValueKind.Object)
            {
                foreach (var property in meta.EnumerateObject().Where(property => property.Name is not ("versionId" or "lastUpdated")))
                    property.WriteTo(writer);
            }
            writer.WriteEndObject();
            foreach (var property in resource.EnumerateObject().Where(property => property.Name is not ("resourceType" or "id" or "meta")))
                property.WriteTo(writer);
            writer.WriteEndObject();
        }
        return stream.ToArray();
    }

    /// <summary>The id of the patient that `subject` or `patient` points to; for a Patient none.</summary>
    public static string? PatientId(JsonElement resource)
    {
        foreach (var name in (ReadOnlySpan<string>)["subject", "patient"])
        {
            if (
                resource.TryGetProperty(name, out var target)
                && target.ValueKind == JsonValueKind.Object
                && target.TryGetProperty("reference", out var reference)
                && reference.ValueKind == JsonValueKind.String
            )
                return PatientId(reference.GetString()!);
        }
        return null;
    }

    /// <summary>`Patient/x`, `http://server/fhir/Patient/x/_history/2`: x.</summary>
    public static string? PatientId(string reference)
    {
        var parts = reference.Split('/');
        var at = Array.LastIndexOf(parts, "Patient");
        return at >= 0 && at + 1 < parts.Length && parts[at + 1].Length > 0 ? parts[at + 1] : null;
    }

    /// <summary>The search keys of the identifiers: `system|value` and the value alone.</summary>
    public static string[] Identifiers(JsonElement resource)
    {
        if (!resource.TryGetProperty("identifier", out var identifiers))
            return [];
        var keys = new List<string>();
        foreach (
            var identifier in identifiers.ValueKind == JsonValueKind.Array
                ? [.. identifiers.EnumerateArray()]
                : (ReadOnlySpan<JsonElement>)[identifiers]
        )
        {
            if (
                identifier.ValueKind != JsonValueKind.Object
                || !identifier.TryGetProperty("value", out var value)
                || value.ValueKind != JsonValueKind.String
            )
                continue;
            keys.Add(value.GetString()!);
            if (identifier.TryGetProperty("system", out var system) && system.ValueKind == JsonValueKind.String)
                keys.Add($"{system.GetString()}|{value.GetString()}");
        }
        return [.. keys.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>`meta.lastUpdated` as UTC ticks to 100 ns, or null.</summary>
    public static long? LastUpdatedTicks(JsonElement resource) =>
        resource.TryGetProperty("meta", out var meta)
        && meta.ValueKind == JsonValueKind.Object
        && meta.TryGetProperty("lastUpdated", out var text)
        && text.ValueKind == JsonValueKind.String
        && LastUpdatedCondition.TryParse(text.GetString()!, out var instant)
            ? instant.FromTicks
            : null;
}

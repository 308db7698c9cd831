using System.Text.Json;

namespace Interop.Ingestion.Preparing;

/// <summary>Finds the patient that a clinical resource points to.</summary>
internal static class PatientReference
{
    /// <summary>
    /// The id in <c>subject.reference</c> or <c>patient.reference</c>: <c>Patient/x</c>, its versioned form, or a URL that ends so.
    /// Null when there is no reference or it points to something else (a Group, a contained resource, a logical identifier).
    /// </summary>
    public static string? IdOf(JsonElement resource) =>
        (ReferenceOf(resource, "subject") ?? ReferenceOf(resource, "patient")) is { } reference ? IdOf(reference) : null;

    internal static string? IdOf(string reference)
    {
        var history = reference.IndexOf("/_history/", StringComparison.Ordinal);
        var parts = (history < 0 ? reference : reference[..history]).Split('/');
        return parts.Length >= 2 && parts[^2] == "Patient" && parts[^1].Length > 0 ? parts[^1] : null;
    }

    private static string? ReferenceOf(JsonElement resource, string member) =>
        resource.ValueKind == JsonValueKind.Object
        && resource.TryGetProperty(member, out var target)
        && target.ValueKind == JsonValueKind.Object
        && target.TryGetProperty("reference", out var reference)
        && reference.ValueKind == JsonValueKind.String
            ? reference.GetString()
            : null;
}

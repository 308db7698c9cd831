using System.Text.Json;

namespace Interop.Ingestion.Normalizing;

/// <summary>The patient that a clinical resource is about.</summary>
internal static class PatientReference
{
    /// <summary>
    /// The id in <c>subject.reference</c> or <c>patient.reference</c>: <c>Patient/x</c>, its versioned form, or a URL that ends so.
    /// Null when there is none or when it points to something else (a Group, a contained resource, a logical identifier).
    /// </summary>
    public static string? IdOf(JsonElement resource)
    {
        var reference = resource.At("subject", "reference");
        if (reference.ValueKind != JsonValueKind.String)
            reference = resource.At("patient", "reference");
        return reference.ValueKind == JsonValueKind.String ? IdOf(reference.GetString()!) : null;
    }

    internal static string? IdOf(string reference)
    {
        var history = reference.IndexOf("/_history/", StringComparison.Ordinal);
        var parts = (history < 0 ? reference : reference[..history]).Split('/');
        return parts.Length >= 2 && parts[^2] == "Patient" && parts[^1].Length > 0 ? parts[^1] : null;
    }
}

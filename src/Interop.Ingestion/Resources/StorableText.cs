namespace Interop.Ingestion.Resources;

/// <summary>Makes text of an upstream server storable: PostgreSQL stores no NUL, and keys have a maximum length.</summary>
internal static class StorableText
{
    private const int MaxIdLength = 200;

    /// <summary>An id or a key, cut to 200 characters. Longer ones are no FHIR ids; their resources become dead letters.</summary>
    public static string? OfId(string? id) => id is null ? null : WithoutNul(id.Length <= MaxIdLength ? id : id[..MaxIdLength]);

    /// <summary>The text with each NUL written as <c>\u0000</c>.</summary>
    public static string WithoutNul(string text) => text.Contains('\0') ? text.Replace("\0", "\\u0000") : text;
}

using System.Buffers.Text;
using Interop.Fhir.Schema;

namespace Interop.Fhir.Validation;

/// <summary>
/// The literal references a Reference may hold (https://hl7.org/fhir/R4/references.html#literal): relative (Patient/1, with
/// /_history/2), absolute, a urn, a fragment (#contained), or, in a transaction, conditional (Patient?identifier=1).
/// </summary>
internal static class ReferenceFormat
{
    /// <summary>What is wrong with the reference, or null. Does not check that it resolves.</summary>
    /// <param name="reference">The text, not empty.</param>
    /// <param name="schema">Knows the resource types.</param>
    /// <param name="target">The resource type that a relative reference names; else null.</param>
    /// <param name="isWarning">A malformed urn:uuid: or a type that R4 lacks: other validators of FHIR accept it.</param>
    public static string? FindError(ReadOnlySpan<byte> reference, R4Schema schema, out TypeDefinition? target, out bool isWarning)
    {
        target = null;
        isWarning = false;
        if (reference.IndexOfAny(" \t\r\n"u8) >= 0)
            return "A reference has no white space.";
        if (reference[0] == '#')
            return null;

        var colon = reference.IndexOfAny(":/?"u8);
        if (colon >= 0 && reference[colon] == ':')
            return FindAbsoluteError(reference, colon, out isWarning);

        return FindRelativeError(reference, schema, out target, out isWarning);
    }

    /// <summary>Whether a URI is absolute: a scheme such as https: or urn: comes before any other delimiter.</summary>
    public static bool HasScheme(ReadOnlySpan<byte> uri)
    {
        var colon = uri.IndexOfAny(":/?#"u8);
        return colon > 0 && uri[colon] == ':' && char.IsAsciiLetter((char)uri[0]);
    }

    private static string? FindAbsoluteError(ReadOnlySpan<byte> reference, int colon, out bool isWarning)
    {
        isWarning = false;
        if (colon == 0 || !char.IsAsciiLetter((char)reference[0]))
            return "An absolute reference begins with a scheme such as https: or urn:.";
        if (reference.StartsWith("urn:uuid:"u8))
        {
            isWarning = true;
            var uuid = reference["urn:uuid:".Length..];
            return uuid.Length == 36 && Utf8Parser.TryParse(uuid, out Guid _, out var read, 'D') && read == 36
                ? null
                : "After urn:uuid: comes a UUID of 36 characters.";
        }

        if (reference.StartsWith("urn:oid:"u8))
            return PrimitiveFormat.IsValid(PrimitiveKind.Oid, reference) ? null : "After urn:oid: come numbers with dots between.";
        if (reference.StartsWith("http://"u8) || reference.StartsWith("https://"u8))
            return reference[^1] != '/' || reference.Count((byte)'/') > 2 ? null : "An http reference names a server.";
        return reference.Length > colon + 1 ? null : "Nothing follows the scheme.";
    }

    private static string? FindRelativeError(ReadOnlySpan<byte> reference, R4Schema schema, out TypeDefinition? target, out bool isWarning)
    {
        var end = reference.IndexOfAny("/?"u8);
        target = end < 0 ? null : schema.FindResource(reference[..end]);
        isWarning =
            target is null && end > 0 && reference[end] == '/' && IsTypeName(reference[..end]) && IsIdWithVersion(reference[(end + 1)..]);
        if (isWarning)
            return "R4 has no resource type of this name.";
        if (target is null)
            return "A reference is [type]/[id] with an R4 resource type, an absolute URL, a urn: or #[contained id].";

        var rest = reference[(end + 1)..];
        if (reference[end] == '/' && !IsIdWithVersion(rest))
            return $"After {target.Name}/ comes an id of 1 to 64 letters, digits, - and ., and at most /_history/[version].";
        return reference[end] == '?' && rest.Length == 0 ? $"After {target.Name}? come search parameters." : null;
    }

    private static bool IsTypeName(ReadOnlySpan<byte> name) =>
        char.IsAsciiLetterUpper((char)name[0])
        && name.IndexOfAnyExcept(System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8)) < 0
        && !name.SequenceEqual("DomainResource"u8)
        && !name.SequenceEqual("Resource"u8);

    private static bool IsIdWithVersion(ReadOnlySpan<byte> text)
    {
        var slash = text.IndexOf((byte)'/');
        if (slash < 0)
            return FhirId.IsValid(text);
        var version = text[slash..];
        return FhirId.IsValid(text[..slash]) && version.StartsWith("/_history/"u8) && FhirId.IsValid(version["/_history/".Length..]);
    }
}

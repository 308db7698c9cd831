using System.Globalization;

namespace Interop.Sandbox.Fhir;

/// <summary>`If-Match` of an update or a deletion.</summary>
internal static class Preconditions
{
    /// <exception cref="FhirError">412: the current version is another one. 400: the header is no weak ETag.</exception>
    public static void Check(string? ifMatch, ResourceVersion? current, string type, string id)
    {
        if (string.IsNullOrEmpty(ifMatch))
            return;
        if (
            !ifMatch.StartsWith("W/\"", StringComparison.Ordinal)
            || !ifMatch.EndsWith('"')
            || !int.TryParse(ifMatch.AsSpan(3, ifMatch.Length - 4), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted)
        )
            throw FhirError.Invalid($"If-Match: {ifMatch} is not an ETag of this server, such as W/\"1\".");
        if (current is not { IsDeleted: false } version || version.Version != wanted)
            throw new FhirError(412, "conflict", $"{type}/{id} is not at version {wanted}.");
    }
}

using System.Runtime.InteropServices;
using System.Text.Json;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>
/// Finds the type of a resource. Consecutive resources mostly start with the same bytes up to the name of their
/// type, so the start of the last one is cached: comparing it is cheaper than a look-up.
/// </summary>
internal sealed class RootType(IFhirTypeModel model)
{
    private const int LongestBeginning = 100;

    private Known? _last;

    private sealed record Known(byte[] Beginning, FhirTypeInfo Type);

    /// <summary>The type that the object's <c>resourceType</c> names; System.Any, which has no elements, where it is no resource of the
    /// model.</summary>
    public FhirTypeInfo Of(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            return SystemTypes.Any;
        var raw = JsonMarshal.GetRawUtf8Value(json);
        var last = _last;
        if (last is not null && raw.StartsWith(last.Beginning))
            return last.Type;
        if (!Navigation.TryGetResourceType(json, out var name))
            return SystemTypes.Any;
        var type = model.FindType(name.GetString()!) ?? SystemTypes.Any;
        var rawName = JsonMarshal.GetRawUtf8Value(name);
        if (IsFirst(json) && raw.Overlaps(rawName, out var offset) && offset + rawName.Length <= LongestBeginning)
            _last = new Known(raw[..(offset + rawName.Length)].ToArray(), type);
        return type;
    }

    private static bool IsFirst(JsonElement json)
    {
        foreach (var property in json.EnumerateObject())
            return property.NameEquals("resourceType"u8);
        return false;
    }
}

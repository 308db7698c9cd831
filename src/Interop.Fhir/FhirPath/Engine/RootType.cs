using System.Runtime.InteropServices;
using System.Text.Json;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>
/// Tells the type of a resource. Resources that come one after the other mostly begin with the very same bytes, up to the name of their
/// type: those of the last one are remembered, and comparing them is cheaper than any look-up.
/// </summary>
internal sealed class RootType(IFhirTypeModel model)
{
    private const int LongestBeginning = 100;

    private Known? _last;

    private sealed record Known(byte[] Beginning, FhirTypeInfo Type);

    /// <summary>The type that an object says it is; System.Any, which has no elements, where it is no resource of the model.</summary>
    public FhirTypeInfo Of(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            return SystemTypes.Any;
        ReadOnlySpan<byte> raw = JsonMarshal.GetRawUtf8Value(json);
        Known? last = _last;
        if (last is not null && raw.StartsWith(last.Beginning))
            return last.Type;
        if (!Navigation.TryGetResourceType(json, out JsonElement name))
            return SystemTypes.Any;
        FhirTypeInfo type = model.FindType(name.GetString()!) ?? SystemTypes.Any;
        ReadOnlySpan<byte> rawName = JsonMarshal.GetRawUtf8Value(name);
        if (IsFirst(json) && raw.Overlaps(rawName, out int offset) && offset + rawName.Length <= LongestBeginning)
            _last = new Known(raw[..(offset + rawName.Length)].ToArray(), type);
        return type;
    }

    private static bool IsFirst(JsonElement json)
    {
        foreach (JsonProperty property in json.EnumerateObject())
            return property.NameEquals("resourceType"u8);
        return false;
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Interop.Sandbox.SyntheticData;

/// <summary>Makes a valid resource bad in one known way.</summary>
internal static class Defects
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Defect[] Common =
    [
        Defect.UnknownElement,
        Defect.MissingRequired,
        Defect.BadDate,
        Defect.BadCode,
        Defect.EmptyArray,
        Defect.WrongJsonType,
        Defect.UnknownNestedElement,
        Defect.SingleForArray,
        Defect.NullValue,
        Defect.EmptyObject,
        Defect.EmptyString,
        Defect.ArrayForSingle,
    ];

    private static readonly Defect[] OfObservations = [.. Common, Defect.TwoChoices];

    public static Defect[] KindsOf(string type) => type == "Observation" ? OfObservations : Common;

    /// <summary>
    /// The resource with the defect. Where it does not have the element that the defect needs, it gets an unknown element instead;
    /// <paramref name="applied"/> says which it became.
    /// </summary>
    public static byte[] Apply(byte[] resource, Defect defect, out Defect applied)
    {
        var root = JsonNode.Parse(resource)!.AsObject();
        applied = TryApply(root, (string)root["resourceType"]!, defect) ? defect : Defect.UnknownElement;
        if (applied != defect)
            root["favouriteColour"] = "green";
        return JsonSerializer.SerializeToUtf8Bytes(root, Relaxed);
    }

    private static bool TryApply(JsonObject root, string type, Defect defect)
    {
        switch (defect)
        {
            case Defect.UnknownElement:
                root["favouriteColour"] = "green";
                return true;
            case Defect.UnknownNestedElement:
                return Within(
                    root,
                    type == "Patient" ? "name"
                        : type == "Encounter" ? "class"
                        : "code",
                    inner => inner["shade"] = "dark"
                );
            case Defect.WrongJsonType:
                return Replace(
                    root,
                    type == "Patient" ? "birthDate"
                        : type == "Condition" ? "recordedDate"
                        : "status",
                    20260105
                );
            case Defect.MissingRequired when type == "Patient":
                // Patient itself has no required element, but its communication requires a language.
                return Within(root, "communication", inner => inner.Remove("language"));
            case Defect.MissingRequired:
                return root.Remove(
                    type == "Condition" ? "subject"
                    : type == "Encounter" ? "class"
                    : type == "Observation" ? "code"
                    : "status"
                );
            case Defect.BadDate when type == "Encounter":
                return Within(root, "period", inner => inner["start"] = "2025-13-45T08:00:00Z");
            case Defect.BadDate:
                return Replace(
                    root,
                    type == "Patient" ? "birthDate"
                        : type == "Observation" ? "effectiveDateTime"
                        : "recordedDate",
                    "last Tuesday"
                );
            case Defect.BadCode when type == "Condition":
                return root["clinicalStatus"]?["coding"] is JsonArray coding && Set(coding[0]!.AsObject(), "code", "quite-ill");
            case Defect.BadCode:
                return Replace(root, type == "Patient" ? "gender" : "status", type == "Patient" ? "F" : "kind-of-done");
            case Defect.EmptyArray:
                return Replace(
                    root,
                    type == "Patient" ? "name"
                        : type == "Encounter" ? "type"
                        : "category",
                    new JsonArray()
                );
            case Defect.EmptyObject:
                return type == "Patient" ? Replace(root, "maritalStatus", new JsonObject()) : Replace(root, "subject", new JsonObject());
            case Defect.EmptyString:
                return type is "Patient"
                    ? Within(root, "name", inner => inner["family"] = "")
                    : Within(root, "subject", inner => inner["reference"] = "");
            case Defect.NullValue:
                return Replace(
                    root,
                    type == "Patient" ? "gender"
                        : type == "Condition" ? "code"
                        : "status",
                    null
                );
            case Defect.ArrayForSingle:
                return Wrap(root, type == "Patient" ? "maritalStatus" : "subject");
            case Defect.SingleForArray:
                return Unwrap(
                    root,
                    type == "Patient" ? "name"
                        : type == "Encounter" ? "type"
                        : "category"
                );
            case Defect.TwoChoices:
                root["valueString"] = "also this";
                root["valueInteger"] = 7;
                return true;
            default:
                throw new ArgumentOutOfRangeException(nameof(defect), defect, "Not a defect that can be applied.");
        }
    }

    private static bool Set(JsonObject target, string name, JsonNode? value)
    {
        target[name] = value;
        return true;
    }

    private static bool Replace(JsonObject root, string name, JsonNode? value) => root.ContainsKey(name) && Set(root, name, value);

    private static bool Within(JsonObject root, string name, Action<JsonObject> change)
    {
        var inner = root[name] is JsonArray { Count: > 0 } array ? array[0] as JsonObject : root[name] as JsonObject;
        if (inner is null)
            return false;
        change(inner);
        return true;
    }

    private static bool Wrap(JsonObject root, string name)
    {
        if (root[name] is not JsonObject inner)
            return false;
        root[name] = null;
        root[name] = new JsonArray(inner);
        return true;
    }

    private static bool Unwrap(JsonObject root, string name)
    {
        if (root[name] is not JsonArray { Count: > 0 } array)
            return false;
        var inner = array[0];
        array.RemoveAt(0);
        root[name] = inner;
        return true;
    }
}

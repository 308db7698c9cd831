using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Interop.Fhir.FhirPath.Types;
using Interop.Fhir.FhirPath.Values;

namespace Interop.Fhir.FhirPath.Nodes;

/// <summary>Equality and equivalence of items and collections (FHIRPath 2.0, 6.1). Null stands for empty: the result is unknown.</summary>
internal static class NodeEquality
{
    public static bool? AreEqual(in FhirPathNode left, in FhirPathNode right)
    {
        NodeKind a = left.Kind,
            b = right.Kind;
        if (a == NodeKind.String && b == NodeKind.String)
            return TextsEqual(left, right);
        if (IsNumber(a) && IsNumber(b))
        {
            return left.TryGetDecimal(out var x) && right.TryGetDecimal(out var y) ? x == y
                : left.IsJson && right.IsJson ? left.Json.GetRawText() == right.Json.GetRawText()
                : false;
        }
        if (a == NodeKind.Boolean && b == NodeKind.Boolean)
            return left.AsBoolean() == right.AsBoolean();
        if (IsTemporal(a) || IsTemporal(b))
        {
            if (!TryGetTemporals(left, right, out var x, out var y))
                return false;
            if ((x.Kind == TemporalKind.Time) != (y.Kind == TemporalKind.Time))
                return false;
            return Temporal.Compare(x, y) is { } order ? order == 0 : null;
        }
        if (a == NodeKind.Quantity || b == NodeKind.Quantity)
        {
            if (AsQuantity(left) is not { } x || AsQuantity(right) is not { } y)
                return left.Json.ValueKind == JsonValueKind.Object && right.Json.ValueKind == JsonValueKind.Object
                    ? JsonEquals(left.Json, right.Json)
                    : false;
            return Quantity.Compare(x, y) is { } order ? order == 0 : null;
        }
        if (a != b)
            return false;
        if (left.TypeValue is { } leftType)
            return ReferenceEquals(leftType, right.TypeValue);
        if (left.Json.ValueKind == JsonValueKind.Undefined && right.Json.ValueKind == JsonValueKind.Undefined)
            return JsonEquals(left.Companion, right.Companion);
        return JsonEquals(left.Json, right.Json);
    }

    public static bool AreEquivalent(in FhirPathNode left, in FhirPathNode right)
    {
        if (left.Kind == NodeKind.String && right.Kind == NodeKind.String)
            return Normalize(left.AsText()!) == Normalize(right.AsText()!);
        if (IsNumber(left.Kind) && IsNumber(right.Kind) && left.TryGetDecimal(out var x) && right.TryGetDecimal(out var y))
            return Decimals.AreEquivalent(x, y);
        if (IsTemporal(left.Kind) && IsTemporal(right.Kind))
            return AreEqual(left, right) == true;
        if (
            left.Kind == NodeKind.Quantity
            && right.Kind == NodeKind.Quantity
            && left.TryGetQuantity(out var a)
            && right.TryGetQuantity(out var b)
        )
            return Quantity.AreEquivalent(a, b) == true;
        return AreEqual(left, right) == true;
    }

    /// <summary>=: the same items in the same order. Empty when either is empty, or when the equality of two items is unknown.</summary>
    public static bool? AreEqual(ReadOnlySpan<FhirPathNode> left, ReadOnlySpan<FhirPathNode> right)
    {
        if (left.Length == 0 || right.Length == 0)
            return null;
        if (left.Length != right.Length)
            return false;
        bool? all = true;
        for (var i = 0; i < left.Length; i++)
        {
            switch (AreEqual(left[i], right[i]))
            {
                case false:
                    return false;
                case null:
                    all = null;
                    break;
            }
        }
        return all;
    }

    /// <summary>~: equivalent items in any order; two empty collections are equivalent.</summary>
    public static bool AreEquivalent(ReadOnlySpan<FhirPathNode> left, ReadOnlySpan<FhirPathNode> right)
    {
        if (left.Length != right.Length)
            return false;
        var used = left.Length <= 256 ? stackalloc bool[left.Length] : new bool[left.Length];
        foreach (ref readonly var item in left)
        {
            var match = -1;
            for (var i = 0; i < right.Length && match < 0; i++)
            {
                if (!used[i] && AreEquivalent(item, right[i]))
                    match = i;
            }
            if (match < 0)
                return false;
            used[match] = true;
        }
        return true;
    }

    public static bool Contains(ReadOnlySpan<FhirPathNode> items, in FhirPathNode item)
    {
        foreach (ref readonly var other in items)
        {
            if (AreEqual(other, item) == true)
                return true;
        }
        return false;
    }

    public static bool IsNumber(NodeKind kind) => kind is NodeKind.Integer or NodeKind.Decimal;

    public static bool IsTemporal(NodeKind kind) => kind is NodeKind.Date or NodeKind.DateTime or NodeKind.Time;

    /// <summary>Both as dates or times.</summary>
    public static bool TryGetTemporals(
        in FhirPathNode left,
        in FhirPathNode right,
        [NotNullWhen(true)] out Temporal? a,
        [NotNullWhen(true)] out Temporal? b
    )
    {
        b = null;
        return left.TryGetTemporal(out a) && right.TryGetTemporal(out b);
    }

    /// <summary>A quantity, or a number as one without unit.</summary>
    public static Quantity? AsQuantity(in FhirPathNode node)
    {
        if (node.TryGetQuantity(out var quantity))
            return quantity;
        return node.TryGetDecimal(out var number) ? new Quantity(number, "1") : null;
    }

    private static bool TextsEqual(in FhirPathNode left, in FhirPathNode right) =>
        left.TryGetPlainUtf8(out var a) && right.TryGetPlainUtf8(out var b) ? a.SequenceEqual(b) : left.AsText() == right.AsText();

    /// <summary>Equivalence of strings ignores case, and the amount and kind of white space.</summary>
    private static string Normalize(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).ToLowerInvariant();

    /// <summary>Usually both have the same order of properties. Looking each one up by name is quadratic, so it is only the
    /// fallback.</summary>
    private static bool ObjectsEqual(JsonElement left, JsonElement right)
    {
        var others = right.EnumerateObject();
        Dictionary<string, JsonElement>? byName = null;
        foreach (var property in left.EnumerateObject())
        {
            others.MoveNext();
            JsonElement other;
            if (byName is null && others.Current.NameEquals(property.Name))
            {
                other = others.Current.Value;
            }
            else
            {
                byName ??= ByName(right);
                if (!byName.TryGetValue(property.Name, out other))
                    return false;
            }
            if (!JsonEquals(property.Value, other))
                return false;
        }
        return true;
    }

    private static Dictionary<string, JsonElement> ByName(JsonElement json)
    {
        var byName = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in json.EnumerateObject())
            byName[property.Name] = property.Value;
        return byName;
    }

    /// <summary>Objects by their properties in any order, numbers by value, arrays in order.</summary>
    internal static bool JsonEquals(JsonElement left, JsonElement right)
    {
        if (left.ValueKind != right.ValueKind)
            return false;
        switch (left.ValueKind)
        {
            case JsonValueKind.Object:
                if (left.GetPropertyCount() != right.GetPropertyCount())
                    return false;
                return ObjectsEqual(left, right);
            case JsonValueKind.Array:
                var count = left.GetArrayLength();
                if (right.GetArrayLength() != count)
                    return false;
                for (var i = 0; i < count; i++)
                {
                    if (!JsonEquals(left[i], right[i]))
                        return false;
                }
                return true;
            case JsonValueKind.Number:
                return left.TryGetDecimal(out var x) && right.TryGetDecimal(out var y) ? x == y : left.GetRawText() == right.GetRawText();
            case JsonValueKind.String:
                return left.ValueEquals(right.GetString());
            default:
                return true;
        }
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Types;
using Interop.Fhir.FhirPath.Values;
using Interop.Fhir.Json;

namespace Interop.Fhir.FhirPath.Nodes;

/// <summary>
/// An item of a FHIRPath collection: an element of a resource (kept as JSON) or a computed value. It refers to the JsonDocument that it
/// came from and is valid as long as that document is not disposed.
/// </summary>
public readonly struct FhirPathNode
{
    private readonly JsonElement _json;

    /// <summary>A computed string, boxed decimal, <see cref="Temporal"/>, <see cref="Quantity"/> or type; or the
    /// <see cref="PrimitiveCompanion"/> of a JSON value.</summary>
    private readonly object? _value;

    /// <summary>A computed integer, or 0 and 1 for a computed boolean.</summary>
    private readonly long _number;

    private FhirPathNode(JsonElement json, object? value, long number, FhirTypeInfo type, NodeKind kind)
    {
        _json = json;
        _value = value;
        _number = number;
        Type = type;
        Kind = kind;
    }

    /// <summary>Its type; a System type for a computed value.</summary>
    public FhirTypeInfo Type { get; }

    /// <summary>How its value behaves in operators; <see cref="NodeKind.None"/> where it has none.</summary>
    public NodeKind Kind { get; }

    /// <summary>An element of a resource, not a computed value.</summary>
    public bool IsJson => _json.ValueKind != JsonValueKind.Undefined || _value is PrimitiveCompanion;

    /// <summary>The element's JSON; <see cref="JsonValueKind.Undefined"/> for a computed value and for a primitive with extensions
    /// only.</summary>
    public JsonElement Json => _json;

    /// <summary>The object with a primitive's id and extensions, where it has them.</summary>
    internal JsonElement Companion => _value is PrimitiveCompanion companion ? companion.Json : default;

    /// <summary>An element of a resource, with its type.</summary>
    public static FhirPathNode FromJson(JsonElement json, FhirTypeInfo type) => FromJson(json, default, type);

    internal static FhirPathNode FromJson(JsonElement json, JsonElement companion, FhirTypeInfo type)
    {
        object? extra = companion.ValueKind == JsonValueKind.Object ? new PrimitiveCompanion(companion) : null;
        var kind = json.ValueKind;
        return kind is JsonValueKind.Null or JsonValueKind.Undefined
            ? new FhirPathNode(default, extra, 0, type, NodeKind.None)
            : new FhirPathNode(json, extra, 0, type, KindOf(kind, type));
    }

    /// <summary>A present value of known kind without a companion: the fast path of navigation.</summary>
    internal static FhirPathNode FromPlainJson(JsonElement json, JsonValueKind kind, FhirTypeInfo type) =>
        new(json, null, 0, type, KindOf(kind, type));

    private static NodeKind KindOf(JsonValueKind kind, FhirTypeInfo type) =>
        kind switch
        {
            JsonValueKind.Object => type.Kind == NodeKind.Quantity ? NodeKind.Quantity : NodeKind.None,
            JsonValueKind.String => type.Kind is NodeKind.Date or NodeKind.DateTime or NodeKind.Time ? type.Kind : NodeKind.String,
            JsonValueKind.Number => type.Kind == NodeKind.Integer ? NodeKind.Integer : NodeKind.Decimal,
            JsonValueKind.True or JsonValueKind.False => NodeKind.Boolean,
            _ => NodeKind.None,
        };

    /// <summary>A System.Boolean.</summary>
    public static FhirPathNode FromBoolean(bool value) => new(default, null, value ? 1 : 0, SystemTypes.Boolean, NodeKind.Boolean);

    /// <summary>A System.Integer.</summary>
    public static FhirPathNode FromInteger(long value) => new(default, null, value, SystemTypes.Integer, NodeKind.Integer);

    /// <summary>A System.Decimal. The number of digits after the point is its precision.</summary>
    public static FhirPathNode FromDecimal(decimal value) => new(default, value, 0, SystemTypes.Decimal, NodeKind.Decimal);

    /// <summary>A System.String.</summary>
    public static FhirPathNode FromString(string value) => new(default, value, 0, SystemTypes.String, NodeKind.String);

    /// <summary>A System.Quantity.</summary>
    public static FhirPathNode FromQuantity(Quantity value) => new(default, value, 0, SystemTypes.Quantity, NodeKind.Quantity);

    /// <summary>A System.Date, System.DateTime or System.Time, by the kind of the value.</summary>
    public static FhirPathNode FromTemporal(Temporal value) =>
        value.Kind switch
        {
            TemporalKind.Date => new(default, value, 0, SystemTypes.Date, NodeKind.Date),
            TemporalKind.Time => new(default, value, 0, SystemTypes.Time, NodeKind.Time),
            _ => new(default, value, 0, SystemTypes.DateTime, NodeKind.DateTime),
        };

    internal static FhirPathNode FromType(FhirTypeInfo value) => new(default, value, 0, SystemTypes.TypeInfo, NodeKind.None);

    internal FhirTypeInfo? TypeValue => _value as FhirTypeInfo;

    /// <summary>The value of a boolean.</summary>
    public bool AsBoolean() => _json.ValueKind == JsonValueKind.Undefined ? _number != 0 : _json.ValueKind == JsonValueKind.True;

    /// <summary>The value of an integer, false where it is none or too large.</summary>
    public bool TryGetInteger(out long value)
    {
        value = _number;
        if (Kind != NodeKind.Integer)
            return false;
        return _json.ValueKind == JsonValueKind.Undefined || (_json.ValueKind == JsonValueKind.Number && _json.TryGetInt64(out value));
    }

    /// <summary>The value of an integer or decimal, false where it is neither or beyond what decimal holds.</summary>
    public bool TryGetDecimal(out decimal value)
    {
        value = 0;
        if (Kind is not (NodeKind.Integer or NodeKind.Decimal))
            return false;
        if (_json.ValueKind == JsonValueKind.Number)
            return _json.TryGetDecimal(out value);
        value = _value is decimal number ? number : _number;
        return true;
    }

    /// <summary>The value of a date, dateTime, instant or time; false for other types and for a text that does not have the
    /// format.</summary>
    public bool TryGetTemporal([NotNullWhen(true)] out Temporal? value)
    {
        value = _value as Temporal;
        if (value is not null)
            return true;
        return Kind switch
        {
            NodeKind.Date or NodeKind.DateTime or NodeKind.Time when !LoneSurrogate.IsText(_json) => false,
            NodeKind.Date => Temporal.TryParse(_json.GetString(), TemporalKind.Date, out value),
            NodeKind.DateTime => Temporal.TryParse(_json.GetString(), TemporalKind.DateTime, out value),
            NodeKind.Time => Temporal.TryParse(_json.GetString(), TemporalKind.Time, out value),
            _ => false,
        };
    }

    /// <summary>The value of a quantity; of FHIR's, the number with its UCUM code, or with its unit where it has no code.</summary>
    public bool TryGetQuantity([NotNullWhen(true)] out Quantity? value)
    {
        value = _value as Quantity;
        if (value is not null)
            return true;
        if (
            Kind != NodeKind.Quantity
            || !_json.TryGetProperty("value"u8, out var number)
            || number.ValueKind != JsonValueKind.Number
            || !number.TryGetDecimal(out var amount)
        )
            return false;
        var unit = _json.TryGetProperty("code"u8, out var code) && code.ValueKind == JsonValueKind.String ? code.GetString() : null;
        if (unit is null && _json.TryGetProperty("unit"u8, out var shown) && shown.ValueKind == JsonValueKind.String)
            unit = shown.GetString();
        value = new Quantity(amount, unit ?? "1");
        return true;
    }

    /// <summary>The value of a primitive as FHIR writes it; null where it has none. Strings of the resource are decoded on each
    /// call.</summary>
    /// <exception cref="FhirPathException">A string has a lone surrogate, which is not a character.</exception>
    public string? AsText() =>
        Kind switch
        {
            NodeKind.None => null,
            _ when _json.ValueKind == JsonValueKind.String => LoneSurrogate.IsText(_json)
                ? _json.GetString()
                : throw FhirPathException.Execution(LoneSurrogate.Reason),
            NodeKind.Quantity => TryGetQuantity(out var quantity) ? quantity.ToString() : null,
            _ when _json.ValueKind != JsonValueKind.Undefined => _json.GetRawText(),
            NodeKind.Boolean => _number != 0 ? "true" : "false",
            NodeKind.Integer => _number.ToString(CultureInfo.InvariantCulture),
            NodeKind.Decimal => ((decimal)_value!).ToString(CultureInfo.InvariantCulture),
            _ => _value!.ToString(),
        };

    /// <summary>The bytes between the quotes of a JSON string that has no escapes: false for anything else, which <see cref="AsText"/>
    /// decodes.</summary>
    public bool TryGetPlainUtf8(out ReadOnlySpan<byte> text)
    {
        text = default;
        if (_json.ValueKind != JsonValueKind.String)
            return false;
        text = JsonMarshal.GetRawUtf8Value(_json)[1..^1];
        return !text.Contains((byte)'\\');
    }

    /// <summary>A primitive with extensions only: for operators and functions on values it is empty.</summary>
    internal bool HasNoValue => Kind == NodeKind.None && Type.IsPrimitive;

    /// <summary>The length of a computed string; 0 for anything else.</summary>
    internal int ComputedTextLength => _value is string text ? text.Length : 0;

    /// <summary>About how many characters a comparison of this item reads.</summary>
    internal int Size => _json.ValueKind == JsonValueKind.Undefined ? ComputedTextLength : JsonMarshal.GetRawUtf8Value(_json).Length;

    /// <summary>Whether this is a string equal to a literal, without decoding it.</summary>
    internal bool TextEquals(string literal, ReadOnlySpan<byte> literalUtf8) =>
        _value is string own ? own == literal : _json.ValueKind == JsonValueKind.String && _json.ValueEquals(literalUtf8);

    /// <inheritdoc/>
    public override string ToString() =>
        (_json.ValueKind == JsonValueKind.String && !LoneSurrogate.IsText(_json) ? null : AsText())
        ?? (_json.ValueKind != JsonValueKind.Undefined ? _json.GetRawText() : Type.ToString());

    internal static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}

/// <summary>The object beside a primitive (<c>_birthDate</c>) that carries its id and extensions.</summary>
internal sealed class PrimitiveCompanion(JsonElement json)
{
    public JsonElement Json { get; } = json;
}

using System.Collections.Frozen;

namespace Interop.Fhir.Views;

/// <summary>The kind of a column's values.</summary>
public enum ViewColumnKind
{
    /// <summary>The view states no type: each value in its own type.</summary>
    Any,

    /// <summary>A text, a code, a uri and the like.</summary>
    Text,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>A 64-bit integer.</summary>
    Integer,

    /// <summary>A decimal of any precision, as its digits.</summary>
    Numeric,

    /// <summary>YYYY, YYYY-MM or YYYY-MM-DD.</summary>
    Date,

    /// <summary>A date, or a date with time and zone: FHIR's dateTime and instant.</summary>
    DateTime,

    /// <summary>HH:MM:SS with an optional fraction.</summary>
    Time,

    /// <summary>An object as JSON.</summary>
    Json,
}

/// <summary>The kinds of FHIR's types.</summary>
internal static class ViewColumnKinds
{
    private static readonly FrozenDictionary<string, ViewColumnKind> Primitives = new Dictionary<string, ViewColumnKind>
    {
        ["boolean"] = ViewColumnKind.Boolean,
        ["integer"] = ViewColumnKind.Integer,
        ["integer64"] = ViewColumnKind.Integer,
        ["positiveInt"] = ViewColumnKind.Integer,
        ["unsignedInt"] = ViewColumnKind.Integer,
        ["decimal"] = ViewColumnKind.Numeric,
        ["date"] = ViewColumnKind.Date,
        ["dateTime"] = ViewColumnKind.DateTime,
        ["instant"] = ViewColumnKind.DateTime,
        ["time"] = ViewColumnKind.Time,
        ["string"] = ViewColumnKind.Text,
        ["code"] = ViewColumnKind.Text,
        ["id"] = ViewColumnKind.Text,
        ["markdown"] = ViewColumnKind.Text,
        ["uri"] = ViewColumnKind.Text,
        ["url"] = ViewColumnKind.Text,
        ["canonical"] = ViewColumnKind.Text,
        ["oid"] = ViewColumnKind.Text,
        ["uuid"] = ViewColumnKind.Text,
        ["base64Binary"] = ViewColumnKind.Text,
        ["xhtml"] = ViewColumnKind.Text,
    }.ToFrozenDictionary();

    public static bool IsPrimitive(string type) => Primitives.ContainsKey(type);

    public static ViewColumnKind Of(string? type) =>
        type is null ? ViewColumnKind.Any : Primitives.GetValueOrDefault(type, ViewColumnKind.Json);
}

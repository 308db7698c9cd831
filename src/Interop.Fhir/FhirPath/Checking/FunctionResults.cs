using System.Collections.Frozen;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.FhirPath.Checking;

/// <summary>The result types of functions where these do not depend on arguments, and the requirements on their input.</summary>
internal static class FunctionResults
{
    private static readonly string[] Conditions =
    [
        "empty",
        "exists",
        "not",
        "all",
        "allTrue",
        "anyTrue",
        "allFalse",
        "anyFalse",
        "subsetOf",
        "supersetOf",
        "isDistinct",
        "startsWith",
        "endsWith",
        "contains",
        "matches",
        "matchesFull",
        "hasValue",
        "memberOf",
        "conformsTo",
        "comparable",
        "toBoolean",
        "htmlChecks",
        "htmlchecks",
        "convertsToBoolean",
        "convertsToInteger",
        "convertsToDecimal",
        "convertsToQuantity",
        "convertsToString",
        "convertsToDate",
        "convertsToDateTime",
        "convertsToTime",
    ];

    private static readonly string[] Counts =
    [
        "count",
        "length",
        "indexOf",
        "lastIndexOf",
        "toInteger",
        "precision",
        "yearOf",
        "monthOf",
        "dayOf",
        "hourOf",
        "minuteOf",
        "secondOf",
        "millisecondOf",
        "ceiling",
        "floor",
        "truncate",
    ];

    private static readonly string[] Texts =
    [
        "toString",
        "upper",
        "lower",
        "substring",
        "replace",
        "replaceMatches",
        "join",
        "trim",
        "encode",
        "decode",
        "escape",
        "unescape",
    ];

    private static readonly FrozenDictionary<string, StaticType> Fixed = Conditions
        .Select(name => (name, StaticType.Boolean))
        .Concat(Counts.Select(name => (name, StaticType.Integer)))
        .Concat(Texts.Select(name => (name, StaticType.Text)))
        .Append(("toChars", StaticType.Text.AsCollection()))
        .Append(("split", StaticType.Text.AsCollection()))
        .Append(("getResourceKey", StaticType.Text))
        .Append(("toDecimal", StaticType.Single(SystemTypes.Decimal)))
        .Append(("toQuantity", StaticType.Single(SystemTypes.Quantity)))
        .Append(("toDate", StaticType.Single(SystemTypes.Date)))
        .Append(("toDateTime", StaticType.Single(SystemTypes.DateTime)))
        .Append(("toTime", StaticType.Single(SystemTypes.Time)))
        .Append(("today", StaticType.Single(SystemTypes.Date)))
        .Append(("now", StaticType.Single(SystemTypes.DateTime)))
        .Append(("timeOfDay", StaticType.Single(SystemTypes.Time)))
        .Append(("type", new StaticType([SystemTypes.TypeInfo], IsCollection: true)))
        .ToFrozenDictionary(pair => pair.Item1, pair => pair.Item2);

    /// <summary>Functions that return items of their input, or its only item.</summary>
    private static readonly FrozenSet<string> Same = new[]
    {
        "where",
        "distinct",
        "trace",
        "sort",
        "tail",
        "skip",
        "take",
        "intersect",
        "exclude",
        "defineVariable",
        "getValue",
        "min",
        "max",
        "sum",
        "abs",
    }.ToFrozenSet();

    private static readonly FrozenSet<string> One = new[] { "first", "last", "single", "min", "max", "sum" }.ToFrozenSet();

    private static readonly FrozenSet<string> Ordered = new[] { "first", "last", "tail", "skip", "take" }.ToFrozenSet();

    private static readonly FrozenSet<string> OnText = new[]
    {
        "indexOf",
        "lastIndexOf",
        "startsWith",
        "endsWith",
        "contains",
        "matches",
        "matchesFull",
        "replace",
        "replaceMatches",
        "upper",
        "lower",
        "substring",
        "length",
        "toChars",
        "trim",
        "split",
        "encode",
        "decode",
        "escape",
        "unescape",
    }.ToFrozenSet();

    /// <summary>Functions that evaluate their arguments once per item.</summary>
    private static readonly FrozenSet<string> PerItem = new[]
    {
        "where",
        "exists",
        "all",
        "select",
        "repeat",
        "repeatAll",
        "aggregate",
        "trace",
        "sort",
        "iif",
        "defineVariable",
    }.ToFrozenSet();

    public static bool NeedsOrder(string function) => Ordered.Contains(function);

    public static bool NeedsText(string function) => OnText.Contains(function);

    public static bool EvaluatesPerItem(string function) => PerItem.Contains(function);

    public static StaticType Of(string function, StaticType source)
    {
        if (Fixed.TryGetValue(function, out var known))
            return known;
        if (One.Contains(function))
            return source.AsItem();
        return Same.Contains(function) ? source : StaticType.Unknown;
    }
}

using System.Globalization;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;
using Interop.Fhir.FhirPath.Values;

namespace Interop.Fhir.FhirPath.Functions;

/// <summary>toX() and convertsToX() (FHIRPath 2.0, 5.5). Null: the value does not convert.</summary>
internal static class ConversionFunctions
{
    public delegate FhirPathNode? Conversion(in FhirPathNode node);

    public static FunctionBody To(Conversion conversion) =>
        (in Call call) =>
        {
            if (!call.TryValue(out var node))
                return;
            if (conversion(node) is { } converted)
                call.Result(converted);
            else
                call.Empty();
        };

    public static FunctionBody ConvertsTo(Conversion conversion) =>
        (in Call call) =>
        {
            if (call.TryValue(out var node))
                call.Result(conversion(node) is not null);
        };

    public static FhirPathNode? ToBoolean(in FhirPathNode node)
    {
        if (node.Kind == NodeKind.Boolean)
            return FhirPathNode.FromBoolean(node.AsBoolean());
        if (node.TryGetDecimal(out var number))
            return number == 1 ? FhirPathNode.FromBoolean(true)
                : number == 0 ? FhirPathNode.FromBoolean(false)
                : null;
        if (node.Kind != NodeKind.String)
            return null;
        return node.AsText()!.ToLowerInvariant() switch
        {
            "true" or "t" or "yes" or "y" or "1" or "1.0" => FhirPathNode.FromBoolean(true),
            "false" or "f" or "no" or "n" or "0" or "0.0" => FhirPathNode.FromBoolean(false),
            _ => null,
        };
    }

    public static FhirPathNode? ToInteger(in FhirPathNode node)
    {
        if (node.TryGetInteger(out var integer))
            return FhirPathNode.FromInteger(integer);
        if (node.Kind == NodeKind.Boolean)
            return FhirPathNode.FromInteger(node.AsBoolean() ? 1 : 0);
        return
            node.Kind == NodeKind.String
            && int.TryParse(node.AsText(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var read)
            ? FhirPathNode.FromInteger(read)
            : null;
    }

    public static FhirPathNode? ToDecimal(in FhirPathNode node)
    {
        if (node.TryGetDecimal(out var number))
            return FhirPathNode.FromDecimal(number);
        if (node.Kind == NodeKind.Boolean)
            return FhirPathNode.FromDecimal(node.AsBoolean() ? 1.0m : 0.0m);
        return
            node.Kind == NodeKind.String
            && decimal.TryParse(
                node.AsText(),
                NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var read
            )
            ? FhirPathNode.FromDecimal(read)
            : null;
    }

    public static FhirPathNode? ToQuantity(in FhirPathNode node)
    {
        if (node.Kind == NodeKind.Quantity)
            return node.TryGetQuantity(out var own) ? FhirPathNode.FromQuantity(own) : null;
        if (node.TryGetDecimal(out var number))
            return FhirPathNode.FromQuantity(new Quantity(number, "1"));
        if (node.Kind == NodeKind.Boolean)
            return FhirPathNode.FromQuantity(new Quantity(node.AsBoolean() ? 1.0m : 0.0m, "1"));
        return node.Kind == NodeKind.String && Quantity.TryParse(node.AsText()!) is { } read ? FhirPathNode.FromQuantity(read) : null;
    }

    /// <summary>toQuantity(unit): the quantity converted to that unit; empty when its unit does not convert (FHIRPath 2.0,
    /// 5.5.7).</summary>
    public static void ToQuantity(in Call call)
    {
        if (!call.TryValue(out var node))
            return;
        if (InUnit(call, node) is { } converted)
            call.Result(FhirPathNode.FromQuantity(converted));
        else
            call.Empty();
    }

    /// <summary>convertsToQuantity(unit): whether <see cref="ToQuantity(in Call)"/> gives a quantity.</summary>
    public static void ConvertsToQuantity(in Call call)
    {
        if (call.TryValue(out var node))
            call.Result(InUnit(call, node) is not null);
    }

    private static Quantity? InUnit(in Call call, in FhirPathNode node)
    {
        if (ToQuantity(node) is not { } converted || !converted.TryGetQuantity(out var quantity))
            return null;
        return call.TryTextArgument(0, out var unit) ? quantity.ConvertTo(unit.Trim('\'')) : quantity;
    }

    public static FhirPathNode? ToText(in FhirPathNode node) => node.AsText() is { } text ? FhirPathNode.FromString(text) : null;

    public static FhirPathNode? ToDate(in FhirPathNode node) => ToTemporal(node, TemporalKind.Date);

    public static FhirPathNode? ToDateTime(in FhirPathNode node) => ToTemporal(node, TemporalKind.DateTime);

    public static FhirPathNode? ToTime(in FhirPathNode node) => ToTemporal(node, TemporalKind.Time);

    private static FhirPathNode? ToTemporal(in FhirPathNode node, TemporalKind kind)
    {
        if (node.TryGetTemporal(out var own))
        {
            if (own.Kind == kind)
                return FhirPathNode.FromTemporal(own);
            return own.Kind == TemporalKind.Time || kind == TemporalKind.Time ? null : FhirPathNode.FromTemporal(own.As(kind));
        }
        if (node.Kind != NodeKind.String)
            return null;
        var text = node.AsText()!;
        if (Temporal.TryParse(text, kind, out var read))
            return FhirPathNode.FromTemporal(read);
        // A text with a time still has a date.
        return kind == TemporalKind.Date && Temporal.TryParse(text, TemporalKind.DateTime, out read)
            ? FhirPathNode.FromTemporal(read.As(kind))
            : null;
    }
}

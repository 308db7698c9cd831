using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Values;

namespace Interop.Fhir.FhirPath.Functions;

/// <summary>Tree navigation and utilities (FHIRPath 2.0, 5.8, 5.9, 10.2).</summary>
internal static class TreeFunctions
{
    public static void Children(in Call call)
    {
        var end = call.E.Top;
        for (var i = call.Mark; i < end; i++)
            ChildMap.PushChildren(call.E, call.E[i]);
        call.E.Collapse(call.Mark, end);
    }

    /// <summary>Every item below the input, level by level. A tree has no duplicates, so no items are compared.</summary>
    public static void Descendants(in Call call)
    {
        var end = call.E.Top;
        for (var i = call.Mark; i < call.E.Top; i++)
            ChildMap.PushChildren(call.E, call.E[i]);
        call.E.Collapse(call.Mark, end);
    }

    public static void Trace(in Call call)
    {
        var e = call.E;
        if (!call.TryTextArgument(0, out var name))
            throw call.Error("the name is empty");
        if (e.Context.Trace is not { } trace)
            return;
        var end = e.Top;
        if (call.Arguments.Length == 1)
        {
            trace(name, call.Input.ToArray());
            return;
        }
        var scope = e.Save();
        for (var i = call.Mark; i < end; i++)
        {
            e.This = e[i];
            e.HasThis = true;
            e.Index = i - call.Mark;
            call.Arguments[1].Evaluate(e);
        }
        e.Restore(scope);
        trace(name, e.From(end).ToArray());
        e.Cut(end);
    }

    public static void Now(in Call call) => call.Result(FhirPathNode.FromTemporal(Temporal.DateTimeOf(call.E.Now)));

    public static void Today(in Call call) => call.Result(FhirPathNode.FromTemporal(Temporal.DateOf(call.E.Now)));

    public static void TimeOfDay(in Call call) => call.Result(FhirPathNode.FromTemporal(Temporal.TimeOf(call.E.Now)));

    public static void Type(in Call call)
    {
        for (var i = call.Mark; i < call.E.Top; i++)
            call.E[i] = FhirPathNode.FromType(call.E[i].Type);
    }

    /// <summary>defineVariable(name, value): visible in the rest of the path (FHIRPath 3.0, 5.9.3).</summary>
    public static void DefineVariable(in Call call)
    {
        var e = call.E;
        if (!call.TryTextArgument(0, out var name))
            throw call.Error("the name is empty");
        if (VariableScope.Find(e.Variables, name) is not null || Variables.IsBuiltIn(name))
            throw call.Error($"%{name} is defined already");
        FhirPathNode[] value;
        if (call.Arguments.Length == 1)
        {
            value = call.Input.ToArray();
        }
        else
        {
            var scope = e.Save();
            if (call.Count == 1)
            {
                e.This = e[call.Mark];
                e.HasThis = true;
            }
            value = call.Arguments[1].ToArray(e);
            e.Restore(scope);
        }
        e.Variables = new VariableScope(name, value, e.Variables);
    }

    /// <summary>coalesce(a, b, ...): the first that is not empty (FHIRPath 3.0).</summary>
    public static void Coalesce(in Call call)
    {
        call.Empty();
        foreach (var argument in call.Arguments)
        {
            argument.Evaluate(call.E);
            if (call.Count > 0)
                return;
        }
    }

    /// <summary>yearOf(), monthOf() ... of dates, dates with time and times (FHIRPath 3.0, 5.9.7); empty where it is not stated.</summary>
    public static FunctionBody Component(TemporalPrecision precision, Func<Temporal, int> component) =>
        (in Call call) =>
        {
            if (!call.TryValue(out var node))
                return;
            if (!node.TryGetTemporal(out var value))
                throw call.Error($"{node.Type} is no date or time");
            var stated = value.Precision >= precision && (value.Kind != TemporalKind.Time || precision >= TemporalPrecision.Hour);
            if (stated)
                call.Result(component(value));
            else
                call.Empty();
        };

    public static void DateOf(in Call call) =>
        Part(call, static value => value.Kind == TemporalKind.Time ? null : value.As(TemporalKind.Date));

    public static void TimeOf(in Call call) =>
        Part(
            call,
            static value =>
                value.Precision < TemporalPrecision.Hour
                    ? null
                    : Temporal.Create(
                        TemporalKind.Time,
                        value.Precision,
                        0,
                        1,
                        1,
                        value.Hour,
                        value.Minute,
                        value.SecondTicks,
                        value.FractionDigits,
                        null
                    )
        );

    private static void Part(in Call call, Func<Temporal, Temporal?> part)
    {
        if (!call.TryValue(out var node))
            return;
        if (!node.TryGetTemporal(out var value))
            throw call.Error($"{node.Type} is no date or time");
        if (part(value) is { } result)
            call.Result(FhirPathNode.FromTemporal(result));
        else
            call.Empty();
    }
}

using System.Diagnostics.CodeAnalysis;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>The body of a function: it replaces its input, which is on the stack from <see cref="Call.Mark"/>, by its result.</summary>
internal delegate void FunctionBody(in Call call);

/// <summary>One call of a function.</summary>
internal readonly ref struct Call(Evaluation e, int mark, Operation[] arguments, string name, int position)
{
    public readonly Evaluation E = e;
    public readonly int Mark = mark;
    public readonly Operation[] Arguments = arguments;
    public readonly string Name = name;
    public readonly int Position = position;

    public int Count => E.Top - Mark;

    public ReadOnlySpan<FhirPathNode> Input => E.From(Mark);

    public void Empty() => E.Cut(Mark);

    public void Result(in FhirPathNode node)
    {
        if (node.Kind == NodeKind.String)
            E.ChargeText(node.ComputedTextLength);
        E.Cut(Mark);
        E.Push(node);
    }

    public void Result(bool value) => Result(FhirPathNode.FromBoolean(value));

    public void Result(string value) => Result(FhirPathNode.FromString(value));

    public void Result(long value) => Result(FhirPathNode.FromInteger(value));

    public FhirPathException Error(string reason) => FhirPathException.Execution($"{Name}(): {reason}", Position);

    /// <summary>The input where it is one item; false where it is empty.</summary>
    public bool TryInput(out FhirPathNode node)
    {
        var count = Count;
        if (count > 1)
            throw Error($"expected one item but found {count}");
        node = count == 1 ? E[Mark] : default;
        return count == 1;
    }

    /// <summary>
    /// The input where it is one item that is not a primitive with extensions only; otherwise false, and the result is empty.
    /// </summary>
    public bool TryValue(out FhirPathNode node)
    {
        if (TryInput(out node) && !node.HasNoValue)
            return true;
        Empty();
        return false;
    }

    /// <summary>The input where it is a string; false where it is empty or a primitive without value. Other types are an error.</summary>
    public bool TryTextInput([NotNullWhen(true)] out string? text)
    {
        text = null;
        if (!TryInput(out var node))
            return false;
        text = TextOf(node, "the input");
        E.ChargeRead(text?.Length ?? 0);
        return text is not null;
    }

    private string? TextOf(in FhirPathNode node, string what)
    {
        if (node.Kind == NodeKind.String)
            return node.AsText();
        if (node.Kind == NodeKind.None && node.Type.IsPrimitive)
            return null;
        throw Error($"{what} must be a string, not {node.Type}");
    }

    /// <summary>An argument, evaluated on $this of the call's surroundings; false where it is empty or not given.</summary>
    public bool TryArgument(int index, out FhirPathNode node)
    {
        node = default;
        return index < Arguments.Length && Arguments[index].TryEvaluateSingle(E, out node);
    }

    public bool TryTextArgument(int index, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (!TryArgument(index, out var node))
            return false;
        text = TextOf(node, $"argument {index + 1}");
        E.ChargeRead(text?.Length ?? 0);
        return text is not null;
    }

    public bool TryIntegerArgument(int index, out long value)
    {
        value = 0;
        if (!TryArgument(index, out var node) || node.HasNoValue)
            return false;
        return node.TryGetInteger(out value) ? true : throw Error($"argument {index + 1} must be an integer, not {node.Type}");
    }
}

/// <summary>A function on the result of its source.</summary>
internal sealed class CallOperation(Operation source, string name, Operation[] arguments, FunctionBody body) : Operation
{
    public override void Evaluate(Evaluation e)
    {
        e.Step();
        var mark = e.Top;
        source.Evaluate(e);
        try
        {
            body(new Call(e, mark, arguments, name, Position));
        }
        catch (OverflowException)
        {
            // A number beyond the range of its type is empty (FHIRPath 2.0, 5.7 and 6.6).
            e.Cut(mark);
        }
    }
}

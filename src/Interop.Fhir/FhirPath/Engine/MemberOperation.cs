using System.Text.Json;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>
/// A step to an element. The navigation for a type is computed once and cached (an inline cache of one type: a path nearly always
/// sees the same type), so that the step itself is a look-up in the JSON.
/// </summary>
internal sealed class MemberOperation : Operation
{
    private readonly Operation _source;
    private readonly string _name;
    private readonly byte[] _utf8;
    private readonly byte[] _companionUtf8;
    private readonly FhirTypeInfo? _only;
    private Navigation? _cached;

    /// <param name="source">Gives the items whose element is read.</param>
    /// <param name="name">The element.</param>
    /// <param name="only">The type of a following ofType(): of a choice, only the property of this type is read. Null when no ofType()
    /// follows.</param>
    public MemberOperation(Operation source, string name, FhirTypeInfo? only = null)
    {
        _source = source;
        _name = name;
        _only = only;
        _utf8 = FhirPathNode.Utf8(name);
        _companionUtf8 = FhirPathNode.Utf8("_" + name);
    }

    public Operation Source => _source;

    public string Name => _name;

    public override void Evaluate(Evaluation e)
    {
        if (_source is ThisOperation)
        {
            if (e.HasThis)
                PushChildren(e, e.This);
            return;
        }
        var mark = e.Top;
        _source.Evaluate(e);
        var end = e.Top;
        if (end == mark)
            return;
        if (end == mark + 1)
        {
            var parent = e[mark];
            e.Cut(mark);
            PushChildren(e, parent);
            return;
        }
        for (var i = mark; i < end; i++)
            PushChildren(e, e[i]);
        e.Collapse(mark, end);
    }

    public void PushChildren(Evaluation e, in FhirPathNode parent)
    {
        e.Step();
        var mark = e.Top;
        var navigation = For(parent.Type);
        navigation.Push(e, parent, _utf8, _companionUtf8);
        if (_only is null || navigation.IsExactly(_only))
            return;
        var keep = mark;
        for (var i = mark; i < e.Top; i++)
        {
            if (TypeTest.IsOfType(e[i].Type, _only))
                e[keep++] = e[i];
        }
        e.Cut(keep);
    }

    private Navigation For(FhirTypeInfo type)
    {
        var cached = _cached;
        if (cached is not null && ReferenceEquals(cached.Parent, type))
            return cached;
        cached = Navigation.Create(type, _name, _only);
        _cached = cached;
        return cached;
    }
}

/// <summary>
/// The name of a type at the start of a path (<c>Patient.name</c>): the input itself where it is of that type (FHIRPath 2.0, 4.2),
/// nothing otherwise.
/// </summary>
internal sealed class TypeRootOperation(string name) : Operation
{
    private readonly MemberOperation _element = new(new ThisOperation(), name);

    public override void Evaluate(Evaluation e)
    {
        if (!e.HasThis)
            return;
        if (e.This.Type.Name == name || (e.Model.FindType(name) is { } type && e.This.Type.IsSubtypeOf(type)))
            e.Push(e.This);
        else if (e.This.Json.ValueKind == JsonValueKind.Object)
            _element.Evaluate(e);
    }
}

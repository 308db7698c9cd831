using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>
/// The state of one evaluation: a stack on which every operation leaves its collection (a collection is what lies above the mark that
/// was taken before), and the scope of <c>$this</c>, <c>$index</c> and <c>$total</c>. One is kept per thread, so that an evaluation
/// allocates nothing but what its result needs.
/// </summary>
internal sealed partial class Evaluation
{
    [ThreadStatic]
    private static Evaluation? Spare;

    private FhirPathNode[] _stack = new FhirPathNode[64];
    private int _top;
    private int _used;
    private int _depth;
    private DateTimeOffset? _now;

    public FhirPathNode This;
    public bool HasThis;
    public int Index;

    /// <summary>The position in a view's iteration; views set it.</summary>
    public int RowIndex;

    public FhirPathNode[]? Total;
    public VariableScope? Variables;

    private Evaluation() { }

    public IFhirTypeModel Model { get; private set; } = R4TypeModel.Instance;

    public EvaluationContext Context { get; private set; } = EvaluationContext.Default;

    public FhirPathNode Input { get; private set; }

    public bool HasInput { get; private set; }

    /// <summary>How many items lie on the stack: the mark to take before an operation runs.</summary>
    public int Top => _top;

    public ref FhirPathNode this[int index] => ref _stack[index];

    public static Evaluation Rent(IFhirTypeModel model, EvaluationContext? context)
    {
        var evaluation = Spare ?? new Evaluation();
        Spare = null;
        evaluation.Model = model;
        evaluation.Context = context ?? EvaluationContext.Default;
        evaluation.BeginBudget(evaluation.Context);
        return evaluation;
    }

    /// <summary>Releases the document and keeps the memory for the next evaluation of this thread.</summary>
    public void Return()
    {
        if (_stack.Length > 4096)
            _stack = new FhirPathNode[64];
        else
            Array.Clear(_stack, 0, _used);
        _top = _used = _depth = 0;
        ClearInput();
        EndBudget();
        Context = EvaluationContext.Default;
        _now = null;
        Spare = this;
    }

    public void SetInput(in FhirPathNode input)
    {
        This = Input = input;
        HasThis = HasInput = true;
        Index = 0;
        Total = null;
        Variables = null;
    }

    public void ClearInput()
    {
        This = Input = default;
        HasThis = HasInput = false;
        Index = 0;
        Total = null;
        Variables = null;
    }

    public DateTimeOffset Now => _now ??= Context.TimeProvider.GetLocalNow();

    public void Push(in FhirPathNode node)
    {
        if (_top == _stack.Length)
            Grow();
        _stack[_top++] = node;
        if (_top > _used)
            _used = _top;
        if (--_slice < 0)
            NextSlice();
    }

    private void Grow()
    {
        if (_top >= _limits.MaxItems)
            throw FhirPathException.Limit($"the evaluation holds more than {_limits.MaxItems:N0} items");
        Array.Resize(ref _stack, (int)Math.Min(_stack.Length * 2L, Math.Max(_limits.MaxItems, _top + 1L)));
    }

    /// <summary>Drops what lies above the mark.</summary>
    public void Cut(int mark) => _top = mark;

    /// <summary>Removes the items from <paramref name="mark"/> up to <paramref name="from"/>: what lies above takes their place.</summary>
    public void Collapse(int mark, int from)
    {
        var count = _top - from;
        if (count > 0 && mark != from)
            Array.Copy(_stack, from, _stack, mark, count);
        _top = mark + count;
    }

    public ReadOnlySpan<FhirPathNode> From(int mark) => _stack.AsSpan(mark, _top - mark);

    public ReadOnlySpan<FhirPathNode> Between(int from, int to) => _stack.AsSpan(from, to - from);

    public void Reverse(int mark) => Array.Reverse(_stack, mark, _top - mark);

    /// <summary>Makes an item on the stack $this.</summary>
    public void SetItem(int at, int index, in Scope outer)
    {
        Step();
        This = _stack[at];
        HasThis = true;
        Index = index;
        Variables = outer.Variables;
    }

    public Scope Save() => new(This, HasThis, Index, Total, Variables);

    public void Restore(in Scope scope)
    {
        This = scope.This;
        HasThis = scope.HasThis;
        Index = scope.Index;
        Total = scope.Total;
        Variables = scope.Variables;
    }

    internal readonly record struct Scope(FhirPathNode This, bool HasThis, int Index, FhirPathNode[]? Total, VariableScope? Variables);
}

/// <summary>Variables of defineVariable(), innermost first.</summary>
internal sealed record VariableScope(string Name, FhirPathNode[] Value, VariableScope? Outer)
{
    public static VariableScope? Find(VariableScope? scope, string name)
    {
        while (scope is not null && scope.Name != name)
            scope = scope.Outer;
        return scope;
    }
}

using Interop.Fhir.Schema;

namespace Interop.Fhir.Validation;

/// <summary>What has been read of one element of the current object.</summary>
internal struct ElementState
{
    /// <summary>The property that held the value, or null; for a choice it says which type was chosen.</summary>
    public Property? Value;

    /// <summary>The property with the underscore, or null.</summary>
    public Property? Companion;

    /// <summary>How many values, and how many companions, an array had; null counts.</summary>
    public int ValueCount,
        CompanionCount;

    /// <summary>Whether a companion outside of an array carries extensions, not an id only.</summary>
    public bool CompanionHasContent;

    public readonly bool IsPresent => Value is not null || Companion is not null;
}

/// <summary>
/// The states of all open objects, as one stack in one array that is reused for the next resource. Callers hold positions
/// and not references, because the array may grow while children are read.
/// </summary>
internal sealed class ElementStates
{
    private ElementState[] _states = new ElementState[512];
    private int _count;

    public void Clear() => _count = 0;

    public int Push(int elements)
    {
        var frame = _count;
        _count += elements;
        if (_count > _states.Length)
            Array.Resize(ref _states, Math.Max(_count, _states.Length * 2));
        _states.AsSpan(frame, elements).Clear();
        return frame;
    }

    public void Pop(int frame) => _count = frame;

    public ref ElementState this[int position] => ref _states[position];
}

/// <summary>A place in an array of primitives, or of their companions, at which there is no content: null, or an id alone.</summary>
internal readonly record struct ArrayGap(int Position, int Index, bool IsCompanion, bool IsNull)
{
    /// <summary>Orders by position only.</summary>
    public static Comparer<ArrayGap> Order { get; } =
        Comparer<ArrayGap>.Create(
            (a, b) =>
            {
                var order = a.Position.CompareTo(b.Position);
                order = order != 0 ? order : a.IsCompanion.CompareTo(b.IsCompanion);
                return order != 0 ? order : a.Index.CompareTo(b.Index);
            }
        );
}

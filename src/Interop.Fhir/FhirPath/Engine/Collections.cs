using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>Operations on the collection on top of the stack.</summary>
internal static class Collections
{
    /// <summary>From this many texts on, a set is cheaper than comparing each with each.</summary>
    private const int SetThreshold = 24;

    public static void RemoveDuplicates(Evaluation e, int mark)
    {
        var count = e.Top - mark;
        if (count < 2)
            return;
        if (count >= SetThreshold && AllTexts(e.From(mark)))
        {
            RemoveDuplicateTexts(e, mark);
            return;
        }
        var keep = mark + 1;
        for (var i = keep; i < e.Top; i++)
        {
            if (!e.Contains(e.Between(mark, keep), e[i]))
                e[keep++] = e[i];
        }
        e.Cut(keep);
    }

    private static void RemoveDuplicateTexts(Evaluation e, int mark)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var keep = mark;
        for (var i = mark; i < e.Top; i++)
        {
            e.ChargeRead(e[i].Size);
            if (seen.Add(e[i].AsText()!))
                e[keep++] = e[i];
        }
        e.Cut(keep);
    }

    private static bool AllTexts(ReadOnlySpan<FhirPathNode> items)
    {
        foreach (ref readonly var item in items)
        {
            if (item.Kind != NodeKind.String)
                return false;
        }
        return true;
    }

    /// <summary>Whether no two items are equal.</summary>
    public static bool AreDistinct(Evaluation e, int mark)
    {
        var count = e.Top - mark;
        RemoveDuplicates(e, mark);
        return e.Top - mark == count;
    }
}

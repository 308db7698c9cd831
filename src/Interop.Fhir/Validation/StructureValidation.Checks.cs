using Interop.Fhir.Schema;

namespace Interop.Fhir.Validation;

/// <summary>Checks at the end of an object: cardinalities, companions, and rules between elements.</summary>
internal sealed partial class StructureValidation
{
    private void CheckObject(int frame, int firstGap, TypeDefinition type, ObjectRole role, bool isIdAlone)
    {
        foreach (var element in type.Elements)
        {
            ref var state = ref _states[frame + element.Index];
            if (!state.IsPresent)
            {
                if (element.Min > 0)
                    ReportMissing(element);
                continue;
            }

            if (state.Companion is not null)
                CheckCompanion(element, in state);
        }

        if (_gaps.Count > firstGap)
            CheckGaps(frame, firstGap, type);
        if (isIdAlone && !type.IsPrimitive)
            Issues.Error(IssueCode.Invariant, "ele-1: an element must have a value or children besides its id.");
        if (role == ObjectRole.ContainedResource && !_states[frame].IsPresent)
            Issues.ErrorAt("id", IssueCode.Required, "A contained resource must have an id, for the references to it.");
        if (type.Name == "Extension")
            CheckExtension(frame, type);
    }

    private void ReportEmpty(TypeDefinition type)
    {
        Issues.Error(IssueCode.Structure, "An object must not be empty: leave it out, or give it content.");
        foreach (var element in type.Elements)
        {
            if (element.Min > 0)
                ReportMissing(element);
        }
    }

    private void ReportMissing(ElementDefinition element)
    {
        var cardinality = $"{element.Min}..{(element.Max == ElementDefinition.Unbounded ? "*" : element.Max)}";
        var what = element.IsChoice
            ? $"{element.Name}[x] is missing: {element.Path} is required ({cardinality}), as one of {ChoiceNames(element)}."
            : $"{element.Name} is missing: {element.Path} is required ({cardinality}).";
        Issues.ErrorAt(element.Name, IssueCode.Required, what);
    }

    private static string ChoiceNames(ElementDefinition element)
    {
        const int most = 8;
        var names = element.Types.Take(most).Select(t => element.Name + char.ToUpperInvariant(t.Code[0]) + t.Code[1..]);
        return string.Join(", ", names) + (element.Types.Length > most ? ", ..." : "");
    }

    private void CheckCompanion(ElementDefinition element, in ElementState state)
    {
        if (!element.Repeats)
        {
            if (state.Value is null && !state.CompanionHasContent)
                Issues.ErrorAt(
                    element.Name,
                    IssueCode.Invariant,
                    $"ele-1: {state.Companion!.Name} has an id only, and there is no value beside it."
                );
        }
        else if (state.Value is not null && state.ValueCount != state.CompanionCount)
        {
            Issues.ErrorAt(
                element.Name,
                IssueCode.Structure,
                $"{state.Value.Name} has {state.ValueCount} items and {state.Companion!.Name} {state.CompanionCount}: fill the shorter one up with null."
            );
        }
    }

    // null is a placeholder where the other array has the content; an item needs content on one side (json.html#primitive).
    private void CheckGaps(int frame, int firstGap, TypeDefinition type)
    {
        // Sorted, so that the counterpart of each gap is found by binary search.
        _gaps.Sort(firstGap, _gaps.Count - firstGap, ArrayGap.Order);
        for (var i = firstGap; i < _gaps.Count; i++)
        {
            var gap = _gaps[i];
            ref readonly var state = ref _states[gap.Position];
            var hasCounterGap =
                _gaps.BinarySearch(firstGap, _gaps.Count - firstGap, gap with { IsCompanion = !gap.IsCompanion }, ArrayGap.Order) >= 0;
            var isReportedWithCounterGap = gap.IsCompanion && hasCounterGap;
            var hasContentBeside = !hasCounterGap && gap.Index < (gap.IsCompanion ? state.ValueCount : state.CompanionCount);
            if (hasContentBeside || isReportedWithCounterGap)
                continue;

            var name = type.Elements[gap.Position - frame].Name;
            var text = gap.IsNull
                ? $"null is allowed only where the array beside it, {(gap.IsCompanion ? name : "_" + name)}, has content at the same position."
                : "ele-1: there is an id only, and no value beside it.";
            Issues.ErrorAt($"{name}[{gap.Index}]", gap.IsNull ? IssueCode.Structure : IssueCode.Invariant, text);
        }
    }

    private void CheckExtension(int frame, TypeDefinition type)
    {
        var hasExtension = false;
        var hasValue = false;
        foreach (var element in type.Elements)
        {
            hasExtension |= element.Name == "extension" && _states[frame + element.Index].IsPresent;
            hasValue |= element.IsChoice && _states[frame + element.Index].IsPresent;
        }

        if (hasExtension == hasValue)
        {
            Issues.Error(
                IssueCode.Invariant,
                hasValue
                    ? "ext-1: an extension has either a value or extensions, not both."
                    : "ext-1: an extension must have a value or extensions."
            );
        }
    }
}

using System.Text.Json;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.Validation.Profiles;

/// <summary>The rules of one element: cardinality, fixed values and patterns, bindings, ranges, types.</summary>
internal sealed partial class ProfileCheck
{
    private void CheckCount(ProfileElement element, int count, string path)
    {
        var what = element.Slice is null ? element.BareName : $"{element.BareName} of the slice {element.Slice}";
        var there = count == 1 ? "there is 1" : $"there are {count}";
        if (count < element.Min)
            Report(IssueCode.Required, path, $"The profile {_profile} asks for at least {element.Min} {what}; {there}.");
        else if (count > element.Max)
            Report(IssueCode.Structure, path, $"The profile {_profile} allows at most {element.Max} {what}; {there}.");
    }

    private void CheckValue(ProfileElement element, ProfileValue value, FhirTypeInfo? type)
    {
        if (element.Fixed is { } exact && !JsonElement.DeepEquals(exact, value.Json))
            Report(IssueCode.Value, value.Path, $"The profile {_profile} asks for exactly {Shorten(exact)}.");
        if (element.Pattern is { } pattern && !ProfileValue.HasPattern(value.Json, pattern))
            Report(IssueCode.Value, value.Path, $"The profile {_profile} asks for {Shorten(pattern)}.");
        CheckBindings(element, value);
        CheckRange(element, value, type);
        CheckType(element, value);
        CheckInvariants(element, value, type);
        CheckChildren(element, value, type);
        CheckTypeProfiles(element, value);
    }

    private void CheckBindings(ProfileElement element, ProfileValue value)
    {
        if ((element.RequiredValueSets.IsEmpty && element.ExtensibleValueSets.IsEmpty) || HasExtensionOnly(value.Json))
            return;
        foreach (var valueSet in element.RequiredValueSets)
        {
            if (_profiles.IsBound(value.Json, valueSet) == false)
                Report(IssueCode.CodeInvalid, value.Path, $"The profile {_profile} asks for a code of {Profile.WithoutVersion(valueSet)}.");
        }

        foreach (var valueSet in element.ExtensibleValueSets)
        {
            if (_profiles.IsBound(value.Json, valueSet) == false)
                Warn(
                    IssueCode.CodeInvalid,
                    value.Path,
                    $"The profile {_profile} asks for a code of {Profile.WithoutVersion(valueSet)} unless it has no suitable one."
                );
        }
    }

    private void CheckRange(ProfileElement element, ProfileValue value, FhirTypeInfo? type)
    {
        if (
            element.MaxLength is { } most
            && value.Json.ValueKind == JsonValueKind.String
            && value.Json.GetString()!.EnumerateRunes().Count() > most
        )
            Report(IssueCode.TooLong, value.Path, $"The profile {_profile} allows at most {most} characters.");
        if (type is null)
            return;
        if (element.MinValue is { } least && Compare(value.Json, least, type) < 0)
            Report(IssueCode.Value, value.Path, $"The profile {_profile} asks for at least {Shorten(least)}.");
        if (element.MaxValue is { } largest && Compare(value.Json, largest, type) > 0)
            Report(IssueCode.Value, value.Path, $"The profile {_profile} allows at most {Shorten(largest)}.");
    }

    private static int? Compare(JsonElement value, JsonElement limit, FhirTypeInfo type)
    {
        try
        {
            return NodeComparison.Compare(FhirPathNode.FromJson(value, type), FhirPathNode.FromJson(limit, type), 0);
        }
        catch (FhirPathException)
        {
            // The limit has another type than the value: they cannot be compared, so the rule is ignored.
            return null;
        }
    }

    private void CheckType(ProfileElement element, ProfileValue value)
    {
        if (element.Types.IsEmpty)
            return;
        if (value.ChosenType is { } chosen && !ProfileSlicing.HasType(element, chosen))
            Report(
                IssueCode.Structure,
                value.Path,
                $"The profile {_profile} allows the types {string.Join(", ", element.Types.Select(t => t.Code))} only, not {chosen}."
            );
        var targets = element.Types.Where(t => t.Code is "Reference").SelectMany(t => t.Targets).Select(_profiles.TypeOfTarget).ToList();
        if (
            targets.Count > 0
            && !targets.Contains(null)
            && !targets.Contains("Resource")
            && value.Json.ValueKind == JsonValueKind.Object
            && (value.ChosenType is null or "Reference")
            && _profiles.TypeOfReference(value.Json, Resolve) is { } target
            && !targets.Contains(target)
        )
        {
            Report(
                IssueCode.Value,
                value.Path,
                $"The profile {_profile} asks for a reference to {string.Join(", ", targets.Distinct())}, not to {target}."
            );
        }
    }

    // A value must follow one of its type's profiles. It may follow a profile that is not loaded.
    private void CheckTypeProfiles(ProfileElement element, ProfileValue value)
    {
        var wanted = element
            .Types.Where(t => value.ChosenType is null || t.Code.Equals(value.ChosenType, StringComparison.OrdinalIgnoreCase))
            .SelectMany(t => t.Profiles)
            .ToList();
        if (wanted.Count == 1 && _profiles.Find(wanted[0]) is { } only && IsOfProfileType(only, value))
            Apply(only, value);
        else if (wanted.Count > 1 && wanted.All(url => Conforms(url, value) == false))
            Report(
                IssueCode.Structure,
                value.Path,
                $"The profile {_profile} asks for a value that follows one of {string.Join(", ", wanted)}."
            );
    }

    private static bool HasExtensionOnly(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object
        && value.TryGetProperty("extension", out _)
        && !value.TryGetProperty("coding", out _)
        && !value.TryGetProperty("code", out _);

    private static string Shorten(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length > 200 ? text[..200] + "..." : text;
    }
}

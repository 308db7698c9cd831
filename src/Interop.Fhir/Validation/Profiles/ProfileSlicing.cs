using System.Text.Json;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.Validation.Profiles;

/// <summary>
/// Whether a value belongs to a slice, by the discriminators of the slicing (https://hl7.org/fhir/R4/profiling.html#discriminator). The
/// result is null where it cannot be decided here: a reference that does not resolve, a value set that is not loaded.
/// </summary>
internal sealed class ProfileSlicing(ProfileSet profiles, Func<string, JsonElement?> resolve, Func<string, ProfileValue, bool?> conformsTo)
{
    public bool? Matches(ProfileElement sliced, ProfileElement slice, ProfileValue value)
    {
        if (sliced.Name is "extension" or "modifierExtension" && ExtensionUrl(slice) is { } url)
            return Profile.Text(value.Json, "url") == url;
        if (sliced.Discriminators.IsEmpty)
            return value.ChosenType is null || slice.Types.IsEmpty ? null : HasType(slice, value.ChosenType);
        bool? all = true;
        foreach (var (type, path) in sliced.Discriminators)
        {
            switch (Matches(type, path, slice, value))
            {
                case false:
                    return false;
                case null:
                    all = null;
                    break;
            }
        }

        return all;
    }

    private bool? Matches(string type, string path, ProfileElement slice, ProfileValue value)
    {
        if (DiscriminatorPath.Parse(path) is not { } steps)
            return null;
        return type switch
        {
            "value" or "pattern" => HasValue(slice, steps, value),
            "exists" => Exists(slice, steps, value),
            "type" => IsOfType(slice, steps, value),
            "profile" => FollowsProfile(slice, steps, value),
            _ => null,
        };
    }

    // The rule that tells the slices apart stands at the path, or in a fixed value or pattern of an element above it.
    private bool? HasValue(ProfileElement slice, List<DiscriminatorStep> steps, ProfileValue value)
    {
        var definition = slice;
        for (var i = 0; ; i++)
        {
            if (
                definition.Fixed is not null
                || definition.Pattern is not null
                || (i == steps.Count && !definition.RequiredValueSets.IsEmpty)
            )
            {
                if (DiscriminatorPath.Values(value, steps.ToArray().AsSpan(0, i), resolve) is not { } found)
                    return null;
                return Any(found.Select(each => HasRule(definition, each.Json, i == steps.Count)));
            }

            if (i == steps.Count || Step(definition, steps[i]) is not { } next)
                return null;
            definition = next;
        }
    }

    private bool? HasRule(ProfileElement definition, JsonElement json, bool isAtPath)
    {
        if (definition.Fixed is { } exact)
            return isAtPath ? JsonElement.DeepEquals(json, exact) : ProfileValue.HasPattern(json, exact);
        if (definition.Pattern is { } pattern)
            return ProfileValue.HasPattern(json, pattern);
        bool? all = true;
        foreach (var valueSet in definition.RequiredValueSets)
        {
            switch (profiles.IsBound(json, valueSet))
            {
                case false:
                    return false;
                case null:
                    all = null;
                    break;
            }
        }

        return all;
    }

    private bool? Exists(ProfileElement slice, List<DiscriminatorStep> steps, ProfileValue value)
    {
        if (DiscriminatorPath.Values(value, steps.ToArray(), resolve) is not { } found)
            return null;
        var definition = slice;
        foreach (var step in steps)
        {
            if (Step(definition, step) is not { } next)
                return null;
            definition = next;
        }

        return definition.Max == 0 ? found.Count == 0
            : definition.Min > 0 ? found.Count > 0
            : null;
    }

    private bool? IsOfType(ProfileElement slice, List<DiscriminatorStep> steps, ProfileValue value)
    {
        var definition = slice;
        foreach (var step in steps)
        {
            if (step.Kind != DiscriminatorStepKind.Resolve)
            {
                if (Step(definition, step) is not { } next)
                    return null;
                definition = next;
            }
        }

        if (definition.Types.IsEmpty)
            return null;
        if (steps.Count > 0 && steps[^1].Kind == DiscriminatorStepKind.Resolve)
            return ReferenceHasType(definition, steps, value);
        if (DiscriminatorPath.Values(value, steps.ToArray(), resolve) is not { } found)
            return null;
        return Any(
            found.Select(each =>
                (each.ChosenType ?? Profile.Text(each.Json, "resourceType")) is { } type ? HasType(definition, type) : (bool?)null
            )
        );
    }

    // A reference names its type also where it does not resolve. The allowed types are the targets of the slice's Reference.
    private bool? ReferenceHasType(ProfileElement definition, List<DiscriminatorStep> steps, ProfileValue value)
    {
        if (DiscriminatorPath.Values(value, steps.ToArray().AsSpan(0, steps.Count - 1), resolve) is not { } references)
            return null;
        var targets = definition.Types.SelectMany(t => t.Code == "Reference" ? t.Targets.Select(profiles.TypeOfTarget) : [t.Code]).ToList();
        if (targets.Count == 0 || targets.Contains(null))
            return null;
        return Any(
            references.Select(reference =>
                profiles.TypeOfReference(reference.Json, resolve) is { } type ? targets.Contains(type) : (bool?)null
            )
        );
    }

    private bool? FollowsProfile(ProfileElement slice, List<DiscriminatorStep> steps, ProfileValue value)
    {
        var definition = slice;
        foreach (var step in steps)
        {
            if (step.Kind == DiscriminatorStepKind.Resolve)
                continue;
            if (Step(definition, step) is not { } next)
                return null;
            definition = next;
        }

        var isReference = steps.Count > 0 && steps[^1].Kind == DiscriminatorStepKind.Resolve;
        var wanted = definition.Types.SelectMany(t => isReference && t.Code == "Reference" ? t.Targets : t.Profiles).ToList();
        if (wanted.Count == 0 || DiscriminatorPath.Values(value, steps.ToArray(), resolve) is not { } found)
            return null;
        return Any(found.Select(each => Any(wanted.Select(url => conformsTo(url, each)))));
    }

    /// <summary>The rules at a step, also where they are in the profile of the element's type.</summary>
    private ProfileElement? Step(ProfileElement definition, DiscriminatorStep step)
    {
        if (step.Kind == DiscriminatorStepKind.OfType)
            return definition.Slices.Find(s => HasType(s, step.Name)) ?? definition;
        if (step.Kind == DiscriminatorStepKind.Resolve)
            return definition.Types is [{ Targets: [var target] }] ? profiles.Find(target)?.Rules : null;
        if (step.Kind == DiscriminatorStepKind.Extension)
        {
            var slice = definition.Child("extension")?.Slices.Find(s => ExtensionUrl(s) == step.Name);
            return slice is { Children.Count: 0, Types: [{ Profiles: [var url] }] } ? profiles.Find(url)?.Rules ?? slice : slice;
        }

        // The rule may also be in a required slice of the element, as in code.coding:SBPCode.code of R4's blood pressure.
        return definition.Child(step.Name)
            ?? definition.Slices.Find(s => s.Min > 0 && s.Child(step.Name) is not null)?.Child(step.Name)
            ?? (definition.Types is [{ Profiles: [var profile] }] ? profiles.Find(profile)?.Rules.Child(step.Name) : null);
    }

    internal static string? ExtensionUrl(ProfileElement slice) =>
        slice.Types.SelectMany(t => t.Profiles).FirstOrDefault()
        ?? (slice.Child("url")?.Fixed is { ValueKind: JsonValueKind.String } url ? url.GetString() : null);

    internal static bool HasType(ProfileElement element, string type) =>
        element.Types.Any(t =>
            t.Code.Equals(type, StringComparison.OrdinalIgnoreCase)
            || (t.Code is "Resource" or "DomainResource" && char.IsAsciiLetterUpper(type[0]))
            || (
                R4TypeModel.Instance.FindType(type) is { } found
                && R4TypeModel.Instance.FindType(t.Code) is { IsPrimitive: false } tested
                && found.IsSubtypeOf(tested)
            )
        );

    /// <summary>Whether any holds; null where none holds and one cannot be decided.</summary>
    private static bool? Any(IEnumerable<bool?> results)
    {
        bool? any = false;
        foreach (var result in results)
        {
            if (result == true)
                return true;
            any = result is null ? null : any;
        }

        return any;
    }
}

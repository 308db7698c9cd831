using System.Text.Json;

namespace Interop.Fhir.Validation.Profiles;

/// <summary>One step of a discriminator's path.</summary>
internal enum DiscriminatorStepKind
{
    Element,
    Extension,
    Resolve,
    OfType,
}

/// <summary>A step: an element's name, an extension's URL, or a type.</summary>
internal readonly record struct DiscriminatorStep(DiscriminatorStepKind Kind, string Name);

/// <summary>
/// The restricted FHIRPath of discriminators (https://hl7.org/fhir/R4/profiling.html#discriminator): names, <c>$this</c>,
/// <c>extension('url')</c>, <c>resolve()</c> and <c>ofType(T)</c>.
/// </summary>
internal static class DiscriminatorPath
{
    /// <summary>The steps; null where the path has anything else.</summary>
    public static List<DiscriminatorStep>? Parse(string path)
    {
        var steps = new List<DiscriminatorStep>();
        var rest = path.AsSpan().Trim();
        while (rest.Length > 0)
        {
            var end = NameEnd(rest);
            var name = rest[..end].ToString();
            rest = rest[end..];
            if (rest.StartsWith("("))
            {
                var close = rest.IndexOf(')');
                if (close < 0)
                    return null;
                var argument = rest[1..close].Trim().Trim('\'').Trim('"').ToString();
                rest = rest[(close + 1)..];
                DiscriminatorStepKind? kind = name switch
                {
                    "extension" => DiscriminatorStepKind.Extension,
                    "resolve" => DiscriminatorStepKind.Resolve,
                    "ofType" => DiscriminatorStepKind.OfType,
                    _ => null,
                };
                if (kind is not { } known)
                    return null;
                steps.Add(new DiscriminatorStep(known, argument));
            }
            else if (name.Length == 0)
            {
                return null;
            }
            else if (name != "$this")
            {
                steps.Add(new DiscriminatorStep(DiscriminatorStepKind.Element, name));
            }

            if (rest.Length == 0)
                break;
            if (rest[0] != '.')
                return null;
            rest = rest[1..];
        }

        return steps;
    }

    /// <summary>The values at the path; null where a reference cannot be resolved here.</summary>
    public static List<ProfileValue>? Values(ProfileValue start, ReadOnlySpan<DiscriminatorStep> steps, Func<string, JsonElement?> resolve)
    {
        List<ProfileValue> values = [start];
        foreach (var step in steps)
        {
            var next = new List<ProfileValue>();
            foreach (var value in values)
            {
                switch (step.Kind)
                {
                    case DiscriminatorStepKind.Element:
                        next.AddRange(ProfileValue.OfAny(value.Json, step.Name, value.Path));
                        break;
                    case DiscriminatorStepKind.Extension:
                        next.AddRange(
                            ProfileValue.Of(value.Json, "extension", value.Path).Where(e => Profile.Text(e.Json, "url") == step.Name)
                        );
                        break;
                    case DiscriminatorStepKind.OfType
                        when value.ChosenType?.Equals(step.Name, StringComparison.OrdinalIgnoreCase) == true
                            || Profile.Text(value.Json, "resourceType") == step.Name:
                        next.Add(value);
                        break;
                    case DiscriminatorStepKind.Resolve:
                        var reference =
                            value.Json.ValueKind == JsonValueKind.String ? value.Json.GetString() : Profile.Text(value.Json, "reference");
                        if (reference is null || resolve(reference) is not { } found)
                            return null;
                        next.Add(new ProfileValue(found, value.Path, null));
                        break;
                }
            }

            values = next;
        }

        return values;
    }

    private static int NameEnd(ReadOnlySpan<char> text)
    {
        var end = 0;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '$' or '_' or '-'))
            end++;
        return end;
    }
}

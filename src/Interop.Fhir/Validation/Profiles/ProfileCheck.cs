using System.Text;
using System.Text.Json;
using Interop.Fhir.Schema;

namespace Interop.Fhir.Validation.Profiles;

/// <summary>Checks one resource, whose structure has no errors, against the profiles it claims in meta.profile.</summary>
internal sealed class ProfileCheck(R4Schema schema, IReadOnlyDictionary<string, Profile> profiles, ICollection<ValidationIssue> issues)
{
    // Whose rules are being checked; issues name it, for a resource may claim several.
    private string _profile = "";

    public void Check(JsonElement resource)
    {
        foreach (var profile in Claimed(resource))
        {
            var type = Profile.Text(resource, "resourceType");
            if (profile.Type == type)
                Apply(profile, resource, profile.Type);
            else
                Report(IssueCode.Structure, $"{type}.meta.profile", $"meta.profile claims {profile.Url}, which is a profile of {profile.Type}.");
        }
    }

    private IEnumerable<Profile> Claimed(JsonElement resource)
    {
        if (!resource.TryGetProperty("meta", out var meta) || !meta.TryGetProperty("profile", out var claims))
            yield break;
        foreach (var claim in claims.EnumerateArray())
        {
            if (claim.ValueKind == JsonValueKind.String && profiles.TryGetValue(claim.GetString()!.Split('|')[0], out var profile))
                yield return profile;
        }
    }

    private void Apply(Profile profile, JsonElement value, string path)
    {
        var outer = _profile;
        var applied = new HashSet<string>(StringComparer.Ordinal);
        for (var next = profile; next is not null && applied.Add(next.Url); profiles.TryGetValue(next.BaseUrl, out next))
        {
            _profile = next.Url;
            CheckChildren(next.Root, value, path);
        }

        _profile = outer;
    }

    private void CheckChildren(ProfileElement element, JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return;
        foreach (var child in element.Children)
        {
            var values = ProfileValue.Of(value, child.Name, path).ToList();
            CheckCount(child, values.Count, $"{path}.{ElementName(child)}");
            foreach (var each in values)
                CheckValue(child, each);
            if (child.Slices.Count > 0)
                CheckSlices(child, values, $"{path}.{ElementName(child)}");
        }
    }

    private void CheckCount(ProfileElement element, int count, string path)
    {
        var what = element.Slice is null ? ElementName(element) : $"{ElementName(element)} of the slice {element.Slice}";
        if (count < element.Min)
            Report(IssueCode.Required, path, $"The profile {_profile} asks for at least {element.Min} {what}; there {(count == 1 ? "is 1" : $"are {count}")}.");
        else if (count > element.Max)
            Report(IssueCode.Structure, path, $"The profile {_profile} allows at most {element.Max} {what}; there {(count == 1 ? "is 1" : $"are {count}")}.");
    }

    private void CheckValue(ProfileElement element, ProfileValue value)
    {
        if (element.Fixed is { } exact && !JsonElement.DeepEquals(exact, value.Json))
            Report(IssueCode.Value, value.Path, $"The profile {_profile} asks for exactly {Shorten(exact)}.");
        if (element.Pattern is { } pattern && !ProfileValue.HasPattern(value.Json, pattern))
            Report(IssueCode.Value, value.Path, $"The profile {_profile} asks for {Shorten(pattern)}.");
        if (element.RequiredValueSet is { } url && schema.FindValueSet(url) is { } valueSet && !IsBound(value.Json, valueSet))
            Report(IssueCode.CodeInvalid, value.Path, $"The profile {_profile} asks for a code of {valueSet.Url}.");
        CheckChildren(element, value.Json, value.Path);
        foreach (var (_, typeProfile) in element.Types)
        {
            if (typeProfile is not null && profiles.TryGetValue(typeProfile.Split('|')[0], out var profile))
                Apply(profile, value.Json, value.Path);
        }
    }

    private void CheckSlices(ProfileElement element, List<ProfileValue> values, string path)
    {
        var counts = new int[element.Slices.Count];
        foreach (var value in values)
        {
            var slice = element.Slices.FindIndex(s => ProfileSlice.Matches(element, s, value));
            if (slice >= 0)
            {
                counts[slice]++;
                CheckValue(element.Slices[slice], value);
            }
            else if (element.IsClosed)
            {
                Report(IssueCode.Structure, value.Path, $"The profile {_profile} allows the slices {string.Join(", ", element.Slices.Select(s => s.Slice))} only, and this is none of them.");
            }
        }

        for (var i = 0; i < counts.Length; i++)
            CheckCount(element.Slices[i], counts[i], path);
    }

    private static bool IsBound(JsonElement value, RequiredValueSet valueSet)
    {
        if (value.ValueKind == JsonValueKind.String)
            return valueSet.Contains(Encoding.UTF8.GetBytes(value.GetString()!));
        if (value.ValueKind != JsonValueKind.Object)
            return false;
        if (value.TryGetProperty("coding", out var codings))
            return codings.EnumerateArray().Any(c => IsBound(c, valueSet));
        return Profile.Text(value, "system") is { } system && Profile.Text(value, "code") is { } code
            && valueSet.Contains(Encoding.UTF8.GetBytes(system), Encoding.UTF8.GetBytes(code));
    }

    private static string ElementName(ProfileElement element) => element.Name.Replace("[x]", "", StringComparison.Ordinal);

    private static string Shorten(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length > 200 ? text[..200] + "..." : text;
    }

    private void Report(string code, string path, string text) => issues.Add(new ValidationIssue(IssueSeverity.Error, code, path, text));
}

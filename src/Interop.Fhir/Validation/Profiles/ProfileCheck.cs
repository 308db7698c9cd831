using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Functions;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.Validation.Profiles;

/// <summary>Checks one resource, whose structure has no errors, against the profiles that it claims and the required ones.</summary>
internal sealed partial class ProfileCheck
{
    /// <summary>The depth at which profiles that refer to each other stop.</summary>
    private const int MaxDepth = 64;

    private static readonly EvaluationLimits Limits = new() { MaxSteps = 50_000_000 };

    private readonly ProfileSet _profiles;
    private readonly JsonElement _root;
    private readonly ProfileSlicing _slicing;
    private readonly EvaluationContext _context;
    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Url, long Position), bool?> _conformance = [];
    private ICollection<ValidationIssue> _issues;
    private string _profile = "";
    private int _depth;

    public ProfileCheck(ProfileSet profiles, JsonElement resource, ICollection<ValidationIssue> issues, CancellationToken cancellationToken)
    {
        (_profiles, _root, _issues) = (profiles, resource, issues);
        _slicing = new ProfileSlicing(profiles, Resolve, Conforms);
        var node = FhirPathNode.FromJson(resource, TypeOf(resource) ?? SystemTypes.Any);
        _context = new EvaluationContext
        {
            Resource = node,
            RootResource = node,
            Limits = Limits,
            Budget = new EvaluationBudget(Limits),
            CancellationToken = cancellationToken,
            ConformsTo = ConformsTo,
        };
    }

    public void Check(IReadOnlySet<string> required)
    {
        var type = Profile.Text(_root, "resourceType") ?? "";
        foreach (var claim in Claims(_root))
        {
            if (_profiles.Find(claim) is not { } profile)
            {
                if (!_profiles.IsBaseType(claim))
                    Warn(
                        IssueCode.NotSupported,
                        $"{type}.meta.profile",
                        $"The profile {claim} is not loaded: the resource is not checked against it."
                    );
            }
            else if (profile.Profile.Type != type)
            {
                Report(
                    IssueCode.Structure,
                    $"{type}.meta.profile",
                    $"meta.profile claims {profile.Profile.Url}, which is a profile of {profile.Profile.Type}."
                );
            }
            else if (!required.Contains(profile.Profile.Url))
            {
                Apply(profile, new ProfileValue(_root, type, null));
            }
        }

        foreach (var url in required)
        {
            if (_profiles.Find(url) is { } profile && profile.Profile.Type == type)
                Apply(profile, new ProfileValue(_root, type, null));
        }

        CheckEntries(type);
    }

    // Resources inside a Bundle claim profiles of their own.
    private void CheckEntries(string type)
    {
        if (type != "Bundle" || !_root.TryGetProperty("entry", out var entries))
            return;
        var index = 0;
        foreach (var entry in entries.EnumerateArray())
        {
            if (entry.TryGetProperty("resource", out var resource) && resource.ValueKind == JsonValueKind.Object)
            {
                foreach (var claim in Claims(resource))
                {
                    if (_profiles.Find(claim) is { } profile && profile.Profile.Type == Profile.Text(resource, "resourceType"))
                        Apply(profile, new ProfileValue(resource, $"Bundle.entry[{index}].resource", null));
                }
            }

            index++;
        }
    }

    private static IEnumerable<string> Claims(JsonElement resource)
    {
        if (
            !resource.TryGetProperty("meta", out var meta)
            || meta.ValueKind != JsonValueKind.Object
            || !meta.TryGetProperty("profile", out var claims)
            || claims.ValueKind != JsonValueKind.Array
        )
            return [];
        return
        [
            .. claims
                .EnumerateArray()
                .Where(c => c.ValueKind == JsonValueKind.String)
                .Select(c => Profile.WithoutVersion(c.GetString()!))
                .Distinct(),
        ];
    }

    private void Apply(ResolvedProfile profile, ProfileValue value)
    {
        if (_depth >= MaxDepth)
            return;
        var outer = _profile;
        _depth++;
        _profile = profile.Profile.Url;
        var type = R4TypeModel.Instance.FindType(profile.Profile.Type);
        CheckInvariants(profile.Rules, value, type);
        CheckChildren(profile.Rules, value, type);
        _profile = outer;
        _depth--;
    }

    private void CheckChildren(ProfileElement element, ProfileValue value, FhirTypeInfo? type)
    {
        if (value.Json.ValueKind != JsonValueKind.Object || element.Children.Count == 0)
            return;
        if (value.Json.TryGetProperty("resourceType", out _))
            type = TypeOf(value.Json) ?? type;
        foreach (var child in element.Children)
        {
            var values = ProfileValue.Of(value.Json, child.Name, value.Path).ToList();
            var path = $"{value.Path}.{child.BareName}";
            CheckCount(child, values.Count + ProfileValue.CountWithoutValue(value.Json, child.Name), path);
            var info = type?.FindElement(child.BareName);
            foreach (var each in values)
                CheckValue(child, each, TypeOf(info, each));
            if (child.Slices.Count > 0)
                CheckSlices(child, values, path, info);
        }
    }

    private void CheckSlices(ProfileElement element, List<ProfileValue> values, string path, FhirElementInfo? info)
    {
        var inSlice = new List<ProfileValue>[element.Slices.Count];
        for (var i = 0; i < inSlice.Length; i++)
            inSlice[i] = [];
        var isUndecided = false;
        foreach (var value in values)
        {
            var found = -1;
            var isUnknown = false;
            for (var i = 0; i < inSlice.Length && found < 0; i++)
            {
                switch (_slicing.Matches(element, element.Slices[i], value))
                {
                    case true:
                        found = i;
                        break;
                    case null:
                        isUnknown = true;
                        break;
                }
            }

            isUndecided |= found < 0 && isUnknown;
            if (found >= 0)
            {
                inSlice[found].Add(value);
                CheckValue(element.Slices[found], value, TypeOf(info, value));
            }
            else if (
                element.Name is "extension" or "modifierExtension"
                && Profile.Text(value.Json, "url") is { } url
                && _profiles.Find(url) is { Profile.Type: "Extension" } extension
            )
            {
                Apply(extension, value);
            }
            else if (element.IsClosed && !isUnknown)
            {
                Report(
                    IssueCode.Structure,
                    value.Path,
                    $"The profile {_profile} allows the slices {string.Join(", ", element.Slices.Select(s => s.Slice))} only, and this is none of them."
                );
            }
        }

        if (isUndecided && _reported.Add($"{_profile} {element.Name} {path}"))
            Warn(
                IssueCode.NotSupported,
                path,
                $"The slices of {element.BareName} in the profile {_profile} cannot be told apart here; their rules are not checked."
            );
        for (var i = 0; i < inSlice.Length; i++)
        {
            if (!isUndecided || inSlice[i].Count > element.Slices[i].Max)
                CheckCount(element.Slices[i], inSlice[i].Count, path);
            if (element.Slices[i].Slices.Count > 0)
                CheckSlices(element.Slices[i], inSlice[i], path, info);
        }
    }

    private void CheckInvariants(ProfileElement element, ProfileValue value, FhirTypeInfo? type)
    {
        if (element.Invariants.IsEmpty || type is null)
            return;
        foreach (var invariant in element.Invariants)
        {
            // The invariants of the base types are the validator's: they run at level Full.
            if (invariant.Source is { } source ? _profiles.IsBaseType(source) : IsBaseInvariant(invariant.Key, type))
                continue;
            try
            {
                if (_profiles.Compile(invariant.Expression) is not { } compiled)
                    WarnOnce(value.Path, $"{invariant.Key}: the expression of the profile {_profile} does not compile; it is not checked.");
                else if (compiled.Test(FhirPathNode.FromJson(value.Json, type), _context) == false)
                    Add(
                        new ValidationIssue(
                            invariant.IsError ? IssueSeverity.Error : IssueSeverity.Warning,
                            IssueCode.Invariant,
                            value.Path,
                            $"{invariant.Key}: {invariant.Human} (profile {_profile})"
                        )
                    );
            }
            catch (FhirPathException error)
            {
                WarnOnce(value.Path, $"{invariant.Key}: cannot be evaluated here: {error.Message} (profile {_profile})");
            }
        }
    }

    private static bool IsBaseInvariant(string key, FhirTypeInfo type)
    {
        if (key is "ele-1" or "ext-1")
            return true;
        return Schema.R4Schema.Default.FindType(type.Name) is { } definition && definition.Invariants.Any(i => i.Key == key);
    }

    private bool? ConformsTo(FhirPathNode node, string url) =>
        node.Json.ValueKind == JsonValueKind.Object ? Conforms(url, new ProfileValue(node.Json, "", null)) : null;

    /// <summary>Whether a value follows a profile; null where the profile is not loaded. Each value is checked once against a profile:
    /// resources and profiles that refer to each other would otherwise be checked again at each reference.</summary>
    private bool? Conforms(string url, ProfileValue value)
    {
        if (_profiles.Find(url) is not { } profile || _depth >= MaxDepth)
            return null;
        if (!IsOfProfileType(profile, value))
            return false;
        var key = (profile.Profile.Url, PositionOf(value.Json));
        if (_conformance.TryGetValue(key, out var known))
            return known;
        _conformance[key] = null; // undecided while it is checked: it refers to itself
        var outer = _issues;
        var found = new List<ValidationIssue>();
        _issues = found;
        Apply(profile, value);
        _issues = outer;
        var follows = found.TrueForAll(issue => issue.Severity != IssueSeverity.Error);
        _conformance[key] = follows;
        return follows;
    }

    /// <summary>Where a value begins in the text of the resource: identifies the value.</summary>
    private long PositionOf(JsonElement value) =>
        Unsafe.ByteOffset(
            in MemoryMarshal.GetReference(JsonMarshal.GetRawUtf8Value(_root)),
            in MemoryMarshal.GetReference(JsonMarshal.GetRawUtf8Value(value))
        );

    private static bool IsOfProfileType(ResolvedProfile profile, ProfileValue value) =>
        Profile.Text(value.Json, "resourceType") is not { } type || type == profile.Profile.Type;

    private JsonElement? Resolve(string reference) =>
        reference.StartsWith('#') ? Contained(reference) : FhirFunctions.FindEntry(_root, reference);

    private JsonElement? Contained(string reference)
    {
        if (reference.Length == 1)
            return _root;
        foreach (var item in ProfileValue.Of(_root, "contained", ""))
        {
            if (Profile.Text(item.Json, "id") == reference[1..])
                return item.Json;
        }

        return null;
    }

    private static FhirTypeInfo? TypeOf(JsonElement resource) =>
        Profile.Text(resource, "resourceType") is { } name ? R4TypeModel.Instance.FindType(name) : null;

    private static FhirTypeInfo? TypeOf(FhirElementInfo? element, ProfileValue value)
    {
        if (element is null)
            return null;
        if (value.ChosenType is { } chosen)
            return element.Types.FirstOrDefault(t => t.Name.Equals(chosen, StringComparison.OrdinalIgnoreCase));
        return element.Types is [var only] ? (only.IsResource ? TypeOf(value.Json) : only) : null;
    }

    private void WarnOnce(string path, string text)
    {
        if (_reported.Add(text))
            Warn(IssueCode.NotSupported, path, text);
    }

    private void Warn(string code, string path, string text) => Add(new ValidationIssue(IssueSeverity.Warning, code, path, text));

    private void Report(string code, string path, string text) => Add(new ValidationIssue(IssueSeverity.Error, code, path, text));

    private void Add(ValidationIssue issue)
    {
        // A resource may claim a profile and the one that it derives from: the same rule is reported once.
        if (!_issues.Contains(issue))
            _issues.Add(issue);
    }
}

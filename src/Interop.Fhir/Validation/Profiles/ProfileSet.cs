using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Interop.Fhir.FhirPath;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Types;
using Interop.Fhir.Schema;

namespace Interop.Fhir.Validation.Profiles;

/// <summary>Decides codes that the loaded value sets cannot decide, such as a terminology server with a cache.</summary>
public interface ITerminology
{
    /// <summary>Whether a code is in a value set; null where it cannot be decided. Called on the validating thread: bound the
    /// waiting.</summary>
    /// <param name="valueSet">The canonical of the value set.</param>
    /// <param name="system">The code's system; null for a code element.</param>
    /// <param name="code">The code.</param>
    bool? Contains(string valueSet, string? system, string code);
}

/// <summary>A profile with the rules of its bases.</summary>
internal sealed record ResolvedProfile(Profile Profile, ProfileElement Rules);

/// <summary>
/// The profiles that resources are checked against, with the value sets and code systems that came with them, and R4's vital signs profiles
/// where the package does not have them. A resource is checked against the profiles that its meta.profile claims and against the required
/// ones. Immutable; safe for several threads.
/// </summary>
public sealed class ProfileSet : IProfileChecker
{
    private const string Definitions = "http://hl7.org/fhir/StructureDefinition/";

    private readonly R4Schema _schema;
    private readonly Dictionary<string, ResolvedProfile> _profiles = new(StringComparer.Ordinal);
    private readonly HashSet<string> _required;
    private readonly ValueSetTable _valueSets;
    private readonly ITerminology? _terminology;
    private readonly ConcurrentDictionary<string, CompiledFhirPath?> _invariants = new(StringComparer.Ordinal);

    /// <param name="schema">The base types and their value sets.</param>
    /// <param name="profiles">The profiles, each URL once.</param>
    /// <exception cref="ArgumentException">Two profiles have the same URL, or a differential has no usable base.</exception>
    public ProfileSet(R4Schema schema, IEnumerable<Profile> profiles)
        : this(schema, new ProfilePackage([.. profiles], []), [], null) { }

    /// <param name="schema">The base types and their value sets.</param>
    /// <param name="package">The profiles, value sets and code systems.</param>
    /// <param name="required">Canonicals of profiles that each resource of their type must follow, also without claiming them.</param>
    /// <param name="terminology">Decides codes that the package cannot decide; null leaves them undecided, which is no issue.</param>
    /// <exception cref="ArgumentException">Two profiles have the same URL, a differential has no usable base, or a required profile is not
    /// loaded.</exception>
    public ProfileSet(R4Schema schema, ProfilePackage package, IEnumerable<string> required, ITerminology? terminology)
    {
        _schema = schema;
        _terminology = terminology;
        _valueSets = new ValueSetTable(schema);
        foreach (var resource in VitalSigns.ValueSets.Concat(package.Terminology))
            _valueSets.Add(resource);
        var byUrl = new Dictionary<string, Profile>(StringComparer.Ordinal);
        foreach (var profile in package.Profiles)
        {
            if (!byUrl.TryAdd(profile.Url, profile))
                throw new ArgumentException($"The profile {profile.Url} is given twice.", nameof(package));
        }

        foreach (var profile in VitalSigns.Profiles)
            byUrl.TryAdd(profile.Url, profile);
        foreach (var profile in package.Profiles.Concat(byUrl.Values))
            Resolve(profile, byUrl, []);
        Urls = [.. package.Profiles.Select(profile => profile.Url)];
        _required = [.. required.Select(Profile.WithoutVersion)];
        if (_required.FirstOrDefault(url => !_profiles.ContainsKey(url)) is { } missing)
            throw new ArgumentException($"The required profile {missing} is not loaded.", nameof(required));
    }

    /// <summary>The canonical URLs of the profiles, without version, in the order in which they were given. R4's own vital signs are not
    /// among
    /// them.</summary>
    public ImmutableArray<string> Urls { get; }

    /// <inheritdoc/>
    public void Check(JsonElement resource, ICollection<ValidationIssue> issues, CancellationToken cancellationToken) =>
        new ProfileCheck(this, resource, issues, cancellationToken).Check(_required);

    internal ResolvedProfile? Find(string url) => _profiles.GetValueOrDefault(Profile.WithoutVersion(url));

    /// <summary>Whether a claimed URL is a base type of R4, whose rules the validator checks without a profile.</summary>
    internal bool IsBaseType(string url) =>
        url.StartsWith(Definitions, StringComparison.Ordinal) && _schema.FindType(url[Definitions.Length..]) is not null;

    /// <summary>Whether a code, Coding or CodeableConcept is in a value set; null where it cannot be decided.</summary>
    internal bool? IsBound(JsonElement value, string valueSet)
    {
        if (value.ValueKind == JsonValueKind.String)
            return IsMember(valueSet, null, value.GetString()!);
        if (value.ValueKind != JsonValueKind.Object)
            return null;
        if (value.TryGetProperty("coding", out var codings) && codings.ValueKind == JsonValueKind.Array)
        {
            bool? any = false;
            foreach (var coding in codings.EnumerateArray())
            {
                if (IsBound(coding, valueSet) is not { } isBound)
                    any = null;
                else if (isBound)
                    return true;
            }

            return any;
        }

        return Profile.Text(value, "code") is { } code ? IsMember(valueSet, Profile.Text(value, "system"), code, needsSystem: true)
            : value.TryGetProperty("text", out _) ? false
            : null;
    }

    private bool? IsMember(string valueSet, string? system, string code, bool needsSystem = false)
    {
        if (needsSystem && system is null)
            return _valueSets.Contains(valueSet, null, code) == null ? null : false;
        return _valueSets.Contains(valueSet, system, code) ?? _terminology?.Contains(valueSet, system, code);
    }

    /// <summary>The resource type that a target canonical stands for; null where it is not known.</summary>
    internal string? TypeOfTarget(string target)
    {
        if (Find(target) is { } profile)
            return profile.Profile.Type;
        return
            target.StartsWith(Definitions, StringComparison.Ordinal)
            && _schema.FindType(target[Definitions.Length..]) is { IsResource: true } type
            ? type.Name
            : null;
    }

    /// <summary>The type of the resource that a Reference names or resolves to; null where it is not known.</summary>
    internal string? TypeOfReference(JsonElement reference, Func<string, JsonElement?> resolve)
    {
        var text = reference.ValueKind == JsonValueKind.String ? reference.GetString() : Profile.Text(reference, "reference");
        if (text is { Length: > 0 } && resolve(text) is { } found)
            return Profile.Text(found, "resourceType");
        if (Profile.Text(reference, "type") is { } named)
            return named;
        if (text is null || text.StartsWith('#') || text.StartsWith("urn:", StringComparison.Ordinal))
            return null;
        var history = text.IndexOf("/_history/", StringComparison.Ordinal);
        var parts = (history < 0 ? text : text[..history]).Split('/');
        return parts.Length >= 2 && _schema.FindResource(parts[^2]) is { } type ? type.Name : null;
    }

    /// <summary>A compiled invariant; null where its expression does not compile.</summary>
    internal CompiledFhirPath? Compile(string expression) =>
        _invariants.GetOrAdd(
            expression,
            static text =>
            {
                try
                {
                    return FhirPathCompiler.Compile(
                        text,
                        new FhirPathOptions { TypeModel = R4TypeModel.Instance, AsTakesCollections = true }
                    );
                }
                catch (FhirPathException)
                {
                    // Reported once per resource by the check, as an invariant that cannot be evaluated.
                    return null;
                }
            }
        );

    private ProfileElement Resolve(Profile profile, Dictionary<string, Profile> byUrl, HashSet<string> visiting)
    {
        if (_profiles.TryGetValue(profile.Url, out var known))
            return known.Rules;
        if (!visiting.Add(profile.Url))
            throw new ArgumentException($"The profile {profile.Url} is its own base.");
        ProfileElement? baseRules = null;
        if (!profile.HasSnapshot && profile.BaseUrl.Length > 0 && !IsBaseType(profile.BaseUrl))
        {
            baseRules = byUrl.TryGetValue(profile.BaseUrl, out var parent)
                ? Resolve(parent, byUrl, visiting)
                : throw new ArgumentException($"The profile {profile.Url} has no snapshot, and its base {profile.BaseUrl} is not loaded.");
        }

        var rules = profile.Build(baseRules);
        _profiles[profile.Url] = new ResolvedProfile(profile, rules);
        return rules;
    }
}

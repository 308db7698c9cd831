using System.Text;
using System.Text.Json;
using Interop.Fhir.Schema;

namespace Interop.Fhir.Validation.Profiles;

/// <summary>
/// The ValueSets and CodeSystems of profile packages. Membership has three results: true, false, and null where it cannot be decided here
/// (a filter, or a code system whose codes are not loaded). Immutable after loading.
/// </summary>
internal sealed class ValueSetTable(R4Schema schema)
{
    private const int MaxDepth = 20;

    private readonly Dictionary<string, JsonElement> _valueSets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _codeSystems = new(StringComparer.Ordinal);
    private readonly Dictionary<(string ValueSet, string Part), HashSet<string>> _codes = [];

    /// <summary>Adds a ValueSet, or a CodeSystem whose content is complete.</summary>
    public void Add(JsonElement resource)
    {
        if (Profile.Text(resource, "url") is not { } url)
            return;
        if (Profile.Text(resource, "resourceType") == "ValueSet")
        {
            _valueSets[url] = resource;
            Index(url, resource);
        }
        else if (Profile.Text(resource, "content") == "complete")
        {
            var codes = _codeSystems[url] = new HashSet<string>(StringComparer.Ordinal);
            AddConcepts(resource, "concept", codes);
        }
    }

    /// <summary>Whether a code is in a value set.</summary>
    /// <param name="valueSet">The canonical; a version is ignored.</param>
    /// <param name="system">The code's system; null for a code element, whose system the binding implies.</param>
    /// <param name="code">The code.</param>
    public bool? Contains(string valueSet, string? system, string code) => Contains(Profile.WithoutVersion(valueSet), system, code, 0);

    private bool? Contains(string url, string? system, string code, int depth)
    {
        if (depth > MaxDepth)
            return null;
        if (_valueSets.TryGetValue(url, out var valueSet))
            return Contains(url, valueSet, system, code, depth);
        if (schema.FindValueSet(url) is not { IsOpen: false } known)
            return null;
        return system is null
            ? known.Contains(Encoding.UTF8.GetBytes(code))
            : known.Contains(Encoding.UTF8.GetBytes(system), Encoding.UTF8.GetBytes(code));
    }

    private bool? Contains(string url, JsonElement valueSet, string? system, string code, int depth)
    {
        if (valueSet.TryGetProperty("expansion", out var expansion) && expansion.TryGetProperty("contains", out _))
            return _codes[(url, "expansion")].Contains(system is null ? code : $"{system}|{code}");
        if (!valueSet.TryGetProperty("compose", out var compose))
            return null;
        var isIn = AnyOf(url, compose, "include", system, code, depth);
        if (isIn == false)
            return false;
        return AnyOf(url, compose, "exclude", system, code, depth) switch
        {
            true => false,
            false => isIn,
            null => null,
        };
    }

    private bool? AnyOf(string url, JsonElement compose, string part, string? system, string code, int depth)
    {
        bool? any = false;
        var index = 0;
        foreach (var include in Items(compose, part))
        {
            switch (IsIncluded($"{part}{index++}", url, include, system, code, depth))
            {
                case true:
                    return true;
                case null:
                    any = null;
                    break;
            }
        }

        return any;
    }

    private bool? IsIncluded(string part, string url, JsonElement include, string? system, string code, int depth)
    {
        bool? all = true;
        foreach (var other in Items(include, "valueSet"))
        {
            if (
                other.ValueKind != JsonValueKind.String
                || Contains(Profile.WithoutVersion(other.GetString()!), system, code, depth + 1) is not { } isIn
            )
                all = null;
            else if (!isIn)
                return false;
        }

        if (Profile.Text(include, "system") is not { } own)
            return all;
        if (system is not null && system != own)
            return false;
        if (include.TryGetProperty("concept", out _))
            return _codes[(url, part)].Contains(code) ? all : false;
        var isKnown = _codeSystems.TryGetValue(own, out var codes);
        if (isKnown && !codes!.Contains(code))
            return false;
        return isKnown && !include.TryGetProperty("filter", out _) ? all : null;
    }

    private void Index(string url, JsonElement valueSet)
    {
        if (valueSet.TryGetProperty("expansion", out var expansion))
        {
            var codes = _codes[(url, "expansion")] = new HashSet<string>(StringComparer.Ordinal);
            AddExpansion(expansion, codes);
        }

        if (!valueSet.TryGetProperty("compose", out var compose))
            return;
        foreach (var part in (ReadOnlySpan<string>)["include", "exclude"])
        {
            var index = 0;
            foreach (var include in Items(compose, part))
                AddConcepts(include, "concept", _codes[(url, $"{part}{index++}")] = new HashSet<string>(StringComparer.Ordinal));
        }
    }

    private static void AddConcepts(JsonElement parent, string property, HashSet<string> codes)
    {
        foreach (var concept in Items(parent, property))
        {
            if (Profile.Text(concept, "code") is { } code)
                codes.Add(code);
            AddConcepts(concept, property, codes);
        }
    }

    private static void AddExpansion(JsonElement parent, HashSet<string> codes)
    {
        foreach (var item in Items(parent, "contains"))
        {
            if (Profile.Text(item, "code") is { } code)
            {
                codes.Add(code);
                codes.Add($"{Profile.Text(item, "system")}|{code}");
            }

            AddExpansion(item, codes);
        }
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement json, string property) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(property, out var items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray()
            : default;
}

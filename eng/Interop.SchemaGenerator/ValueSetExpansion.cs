using System.Text.Json;

namespace Interop.SchemaGenerator;

/// <summary>
/// The codes of a value set, by system, in the order of the definitions. A value set that draws on a terminology which the specification
/// does not contain (media types, currencies, UCUM) is open: its codes cannot be listed.
/// </summary>
internal sealed class ValueSetExpansion
{
    private readonly Definitions _definitions;
    private readonly Dictionary<string, HashSet<string>> _seen = new(StringComparer.Ordinal);

    private ValueSetExpansion(Definitions definitions) => _definitions = definitions;

    public bool IsOpen { get; private set; }

    public List<(string System, List<string> Codes)> Systems { get; } = [];

    public static ValueSetExpansion Of(string url, Definitions definitions)
    {
        var expansion = new ValueSetExpansion(definitions);
        expansion.AddValueSet(url);
        return expansion;
    }

    private void AddValueSet(string canonical)
    {
        var url = canonical.Split('|')[0];
        if (!_definitions.ValueSets.TryGetValue(url, out var valueSet))
        {
            IsOpen = true;
            return;
        }

        var compose = valueSet.GetProperty("compose");
        if (compose.TryGetProperty("exclude", out _))
            throw new DefinitionException($"{url}: exclude is not supported");
        foreach (var include in compose.GetProperty("include").EnumerateArray())
            AddInclude(url, include);
    }

    private void AddInclude(string url, JsonElement include)
    {
        if (include.TryGetProperty("filter", out _))
            throw new DefinitionException($"{url}: filter is not supported");

        if (include.TryGetProperty("valueSet", out var valueSets))
        {
            foreach (var valueSet in valueSets.EnumerateArray())
                AddValueSet(valueSet.GetString()!);
        }

        if (!include.TryGetProperty("system", out var systemElement))
            return;

        var system = systemElement.GetString()!;
        if (include.TryGetProperty("concept", out var concepts))
            AddConcepts(system, concepts);
        else if (
            _definitions.CodeSystems.TryGetValue(system, out var codeSystem)
            && codeSystem.GetProperty("content").GetString() == "complete"
        )
            AddConcepts(system, codeSystem.GetProperty("concept"));
        else
            IsOpen = true;
    }

    private void AddConcepts(string system, JsonElement concepts)
    {
        if (!_seen.TryGetValue(system, out var seen))
        {
            _seen.Add(system, seen = new HashSet<string>(StringComparer.Ordinal));
            Systems.Add((system, []));
        }

        var codes = Systems.Find(s => s.System == system).Codes;
        foreach (var concept in concepts.EnumerateArray())
        {
            var code = concept.GetProperty("code").GetString()!;
            if (seen.Add(code))
                codes.Add(code);
            if (concept.TryGetProperty("concept", out var children))
                AddConcepts(system, children);
        }
    }
}

using Microsoft.AspNetCore.WebUtilities;

namespace Interop.Sandbox.Fhir;

/// <summary>Finds the resource that a conditional operation means (https://hl7.org/fhir/R4/http.html#cond-update).</summary>
internal sealed class ConditionalMatch(ResourceStore store, SandboxOptions options)
{
    /// <summary>The id of the one match, or null for no match.</summary>
    /// <param name="criteria">Search parameters such as `identifier=system|value`, with or without `?`.</param>
    /// <exception cref="FhirError">412: several resources match. 400: a parameter is not supported, or there is none.</exception>
    public string? Find(string type, string criteria)
    {
        var query = new QueryCollection(QueryHelpers.ParseQuery(criteria.StartsWith('?') ? criteria : "?" + criteria));
        var search = SearchQuery.Parse(type, query, store, options, isStrict: true);
        if (search.Filter.IsEverything)
            throw new FhirError(412, "incomplete", $"The criteria '{criteria}' select nothing in particular.");
        var rows = store.Of(type);
        var matches = rows.Select(search.Filter);
        return matches.Length switch
        {
            0 => null,
            1 => rows.Id(rows.Read(matches)[0].Resource),
            _ => throw new FhirError(412, "multiple-matches", $"{matches.Length} resources of type {type} match '{criteria}'."),
        };
    }
}

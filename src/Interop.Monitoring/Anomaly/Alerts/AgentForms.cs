using Interop.Fhir.Schema;

namespace Interop.Anomaly.Alerts;

/// <summary>How an agent that a caller names may be stored.</summary>
public static class AgentForms
{
    private const string Prefix = "Practitioner/";

    /// <summary>
    /// The text as it is, as events without a reference have it (a login, an identifier); an id alone as a Practitioner's; of an absolute
    /// or versioned reference its type and id, as the reader stores it. Null: none.
    /// </summary>
    public static IReadOnlyList<string> Of(string? agent)
    {
        if (string.IsNullOrWhiteSpace(agent))
            return [];
        var text = agent.Trim();
        var history = text.IndexOf("/_history/", StringComparison.Ordinal);
        if (history > 0)
            text = text[..history];
        var id = text.LastIndexOf('/');
        if (id < 0)
            return FhirId.IsValid(text) ? [text, Prefix + text] : [text];
        var type = text.LastIndexOf('/', Math.Max(0, id - 1));
        return type >= 0 ? [text, text[(type + 1)..]] : [text];
    }
}

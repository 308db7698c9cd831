using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Interop.Fhir.Client.Bulk;

/// <summary>The parameters of an export (Bulk Data Access 2.0, "Query Parameters").</summary>
public sealed record BulkExportRequest
{
    private const string Ndjson = "application/fhir+ndjson";

    /// <summary>The operation, relative to the service base: <c>$export</c>, <c>Patient/$export</c> or <c>Group/ID/$export</c>.</summary>
    public string Operation { get; init; } = "$export";

    /// <summary>Whether the kick-off is a POST with Parameters; else a GET.</summary>
    public bool IsPost { get; init; }

    /// <summary>Only resources that changed since this instant.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Only these resource types.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Searches that resources must match, such as <c>Observation?status=final</c>.</summary>
    public IReadOnlyList<string> TypeFilters { get; init; } = [];

    /// <summary>Only these elements of the resources.</summary>
    public IReadOnlyList<string> Elements { get; init; } = [];

    /// <summary>The kick-off.</summary>
    public FhirRequest ToRequest()
    {
        var parameters = new List<(string Name, string Type, string Value)> { ("_outputFormat", "valueString", Ndjson) };
        if (Since is { } since)
            parameters.Add(("_since", "valueInstant", Instant(since)));
        if (Types.Count > 0)
            parameters.Add(("_type", "valueString", string.Join(',', Types)));
        if (Elements.Count > 0)
            parameters.Add(("_elements", "valueString", string.Join(',', Elements)));
        parameters.AddRange(TypeFilters.Select(filter => ("_typeFilter", "valueString", filter)));
        if (!IsPost)
        {
            var query = string.Join('&', parameters.Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value)}"));
            return new FhirRequest(HttpMethod.Get, new Uri($"{Operation}?{query}", UriKind.Relative)) { Prefer = "respond-async" };
        }

        var body = new Dictionary<string, object>
        {
            ["resourceType"] = "Parameters",
            ["parameter"] = parameters.ConvertAll(p => new Dictionary<string, string> { ["name"] = p.Name, [p.Type] = p.Value }),
        };
        return new FhirRequest(HttpMethod.Post, new Uri(Operation, UriKind.Relative))
        {
            Prefer = "respond-async",
            Body = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(body)),
        };
    }

    // Truncated to milliseconds, which every server understands. Rounding up would lose the resources in between.
    private static string Instant(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

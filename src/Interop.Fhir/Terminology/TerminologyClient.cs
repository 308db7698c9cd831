using System.Text;
using System.Text.Json;
using Interop.Fhir.Client;

namespace Interop.Fhir.Terminology;

/// <summary>A code that a terminology server gave for another one.</summary>
/// <param name="System">The code system.</param>
/// <param name="Code">The code.</param>
/// <param name="Display">Its text; null where the server gave none.</param>
public sealed record TranslatedCode(string System, string Code, string? Display);

/// <summary>
/// Asks a FHIR terminology server (https://hl7.org/fhir/R4/terminology-service.html): <c>ConceptMap/$translate</c>,
/// <c>CodeSystem/$lookup</c> and <c>ValueSet/$validate-code</c>. Each question is one request with a time limit, without retries.
/// </summary>
public sealed class TerminologyClient
{
    /// <summary>The name of the HTTP client for terminology servers.</summary>
    public const string HttpClientName = "terminology";

    private const int MaxResponseBytes = 4 * 1024 * 1024;

    private readonly FhirClient _client;

    /// <param name="http">Must not follow redirects by itself.</param>
    /// <param name="baseUrl">The service base, with or without a slash at its end.</param>
    /// <param name="timeLimit">The time limit of one request.</param>
    /// <param name="time">The clock of the time limit.</param>
    public TerminologyClient(HttpClient http, string baseUrl, TimeSpan timeLimit, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(baseUrl);
        var options = new FhirClientOptions(new Uri(baseUrl.EndsWith('/') ? baseUrl : baseUrl + "/"))
        {
            MaxAttempts = 1,
            FailuresBeforeBreak = int.MaxValue,
            MaxElapsed = timeLimit,
            IdleTimeout = timeLimit,
            MaxResponseBytes = MaxResponseBytes,
        };
        _client = new FhirClient(http, options, null, time);
    }

    /// <summary>Whether a failure means that the server does not know the code, the value set or the operation; other failures mean that
    /// the server is not available.</summary>
    public static bool IsNotKnown(FhirRequestException failure) =>
        failure is { IsTransient: false, Status: { } status } && (int)status is >= 400 and < 500 and not (401 or 403 or 407 or 429);

    /// <summary>The code of another code system with the same meaning; null where there is none.</summary>
    /// <exception cref="FhirRequestException">The server refused or did not answer in time.</exception>
    public async Task<TranslatedCode?> TranslateAsync(string system, string code, string targetSystem, CancellationToken cancellationToken)
    {
        using var answer = await AskAsync(
            "ConceptMap/$translate",
            [("system", system), ("code", code), ("targetsystem", targetSystem)],
            cancellationToken
        );
        using var parameters = JsonDocument.Parse(answer.Body.Memory);
        if (Flag(parameters.RootElement) != true)
            return null;
        foreach (var match in Parts(parameters.RootElement, "parameter", "match"))
        {
            // A wider or narrower concept would have another meaning.
            if (
                Part(match, "equivalence", "part") is not { } equivalence
                || Text(equivalence, "valueCode") is not ("equal" or "equivalent")
                || Part(match, "concept", "part") is not { } concept
                || !concept.TryGetProperty("valueCoding", out var coding)
                || Text(coding, "code") is not { } found
            )
                continue;
            return new TranslatedCode(Text(coding, "system") ?? targetSystem, found, Text(coding, "display"));
        }

        return null;
    }

    /// <summary>The text of a code; null where the server gives none.</summary>
    /// <exception cref="FhirRequestException">The server refused or did not answer in time.</exception>
    public async Task<string?> FindDisplayAsync(string system, string code, CancellationToken cancellationToken)
    {
        using var answer = await AskAsync("CodeSystem/$lookup", [("system", system), ("code", code)], cancellationToken);
        using var parameters = JsonDocument.Parse(answer.Body.Memory);
        return Part(parameters.RootElement, "display") is { } named ? Text(named, "valueString") : null;
    }

    /// <summary>Whether a code is in a value set; null where the server cannot decide it, as of a code system that it does not
    /// have.</summary>
    /// <param name="valueSet">The canonical, with or without version.</param>
    /// <param name="system">The code's system; null for a code element, whose system the value set implies.</param>
    /// <param name="code">The code.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <exception cref="FhirRequestException">The server refused, did not answer in time, or answered something else.</exception>
    public async Task<bool?> ValidateCodeAsync(string valueSet, string? system, string code, CancellationToken cancellationToken)
    {
        const string Operation = "ValueSet/$validate-code";
        ArgumentNullException.ThrowIfNull(valueSet);
        var bar = valueSet.IndexOf('|', StringComparison.Ordinal);
        var arguments = new List<(string Name, string Value)> { ("url", bar < 0 ? valueSet : valueSet[..bar]) };
        if (bar >= 0)
            arguments.Add(("valueSetVersion", valueSet[(bar + 1)..]));
        arguments.Add(("code", code));
        arguments.Add(system is null ? ("inferSystem", "true") : ("system", system));
        using var answer = await AskAsync(Operation, arguments, cancellationToken);
        using var parameters = JsonDocument.Parse(answer.Body.Memory);
        var result =
            Flag(parameters.RootElement)
            ?? throw new FhirRequestException(
                new Uri(_client.BaseUrl, Operation),
                null,
                "the answer is not a Parameters resource with a boolean `result`",
                isTransient: true
            );
        return result || !LacksCodeSystem(parameters.RootElement) ? result : null;
    }

    /// <summary>Whether a negative result comes from a code system that the server does not have.</summary>
    private static bool LacksCodeSystem(JsonElement parameters)
    {
        if (Part(parameters, "x-caused-by-unknown-system") is not null || Part(parameters, "x-unknown-system") is not null)
            return true;
        foreach (var issues in Parts(parameters, "parameter", "issues"))
        {
            if (!issues.TryGetProperty("resource", out var outcome))
                continue;
            foreach (var issue in Items(outcome, "issue"))
            {
                if (
                    issue.TryGetProperty("details", out var details)
                    && Items(details, "coding").Any(coding => Text(coding, "code") is "not-found" or "vs-invalid")
                )
                    return true;
            }
        }

        return false;
    }

    private Task<FhirPage> AskAsync(
        string operation,
        IEnumerable<(string Name, string Value)> arguments,
        CancellationToken cancellationToken
    )
    {
        var query = new StringBuilder(operation);
        var separator = '?';
        foreach (var (name, value) in arguments)
        {
            query.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }

        return _client.GetPageAsync(new Uri(query.ToString(), UriKind.Relative), cancellationToken);
    }

    private static bool? Flag(JsonElement parameters) =>
        Text(parameters, "resourceType") == "Parameters"
        && Part(parameters, "result") is { } result
        && result.TryGetProperty("valueBoolean", out var value)
        && value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : null;

    private static JsonElement? Part(JsonElement parent, string name, string list = "parameter") =>
        Parts(parent, list, name).Select(part => (JsonElement?)part).FirstOrDefault();

    private static IEnumerable<JsonElement> Parts(JsonElement parent, string list, string name) =>
        Items(parent, list).Where(part => Text(part, "name") == name);

    private static JsonElement.ArrayEnumerator Items(JsonElement parent, string list) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(list, out var items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray()
            : default;

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}

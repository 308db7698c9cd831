using System.Collections.Concurrent;
using System.Text.Json;
using Interop.Fhir.Client;
using Interop.Uploads.Csv;
using Interop.Uploads.Running;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Uploads.Patients;

/// <summary>
/// Asks a FHIR terminology server (<c>TERMINOLOGY_URL</c>): <c>ConceptMap/$translate</c> finds the code of a term, and
/// <c>CodeSystem/$lookup</c> its display where the first answer has none. A term that the server does not know is looked up in the built-in
/// table. Answers are kept for an hour, unknown terms for five minutes.
/// </summary>
internal sealed partial class TerminologyServer : ITerminology
{
    public const string HttpClientName = "terminology";

    /// <summary>The code system that the words of uploaded files belong to, as the source of translations.</summary>
    public const string TermSystem = "urn:interop:upload-term";

    private const int MostCached = 20_000;
    private const string ObservableTag = " (observable entity)";
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan UnknownLifetime = TimeSpan.FromMinutes(5);

    private readonly FhirClient _client;
    private readonly BuiltInTerminology _builtIn = new();
    private readonly UploadOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);

    public TerminologyServer(IHttpClientFactory http, IOptions<UploadOptions> settings, TimeProvider time, ILogger<TerminologyServer> log)
    {
        (_options, _time, _log) = (settings.Value, time, log);
        var url = _options.TerminologyUrl!;
        var options = new FhirClientOptions(new Uri(url.EndsWith('/') ? url : url + "/"))
        {
            MaxAttempts = 1,
            FailuresBeforeBreak = int.MaxValue,
            MaxElapsed = _options.TerminologyTimeout,
            IdleTimeout = _options.TerminologyTimeout,
        };
        _client = new FhirClient(http.CreateClient(HttpClientName), options, null, time);
    }

    public async ValueTask<CodedTerm?> FindAsync(string term, CancellationToken cancellationToken)
    {
        var key = ColumnName.Fold(term);
        if (_known.TryGetValue(key, out var known) && _time.GetElapsedTime(known.At) < (known.Code is null ? UnknownLifetime : Lifetime))
            return known.Code;
        var code = await TranslateAsync(term, cancellationToken) ?? await _builtIn.FindAsync(term, cancellationToken);
        if (_known.Count >= MostCached)
            _known.Clear();
        _known[key] = new Known(code, _time.GetTimestamp());
        return code;
    }

    private async Task<CodedTerm?> TranslateAsync(string term, CancellationToken cancellationToken)
    {
        var (system, code) = (Uri.EscapeDataString(TermSystem), Uri.EscapeDataString(ColumnName.Fold(term)));
        var target = Uri.EscapeDataString(_options.TerminologySystem);
        using var answer = await AskAsync($"ConceptMap/$translate?system={system}&code={code}&targetsystem={target}", cancellationToken);
        if (answer is null)
            return null;
        using var parameters = JsonDocument.Parse(answer.Body.Memory);
        if (
            Part(parameters.RootElement, "result") is not { } result
            || !result.TryGetProperty("valueBoolean", out var isKnown)
            || isKnown.ValueKind != JsonValueKind.True
        )
            return null;
        foreach (var match in Parts(parameters.RootElement, "parameter", "match"))
        {
            // A wider or narrower concept would be another diagnosis.
            if (
                Part(match, "equivalence", "part") is not { } equivalence
                || Text(equivalence, "valueCode") is not ("equal" or "equivalent")
                || Part(match, "concept", "part") is not { } concept
                || !concept.TryGetProperty("valueCoding", out var coding)
                || Text(coding, "code") is not { } found
            )
                continue;
            var of = Text(coding, "system") ?? _options.TerminologySystem;
            return await DescribeAsync(of, found, Text(coding, "display"), cancellationToken);
        }
        return null;
    }

    private async Task<CodedTerm> DescribeAsync(string system, string code, string? display, CancellationToken cancellationToken)
    {
        if (display is null)
        {
            using var answer = await AskAsync(
                $"CodeSystem/$lookup?system={Uri.EscapeDataString(system)}&code={Uri.EscapeDataString(code)}",
                cancellationToken
            );
            using var parameters = answer is null ? null : JsonDocument.Parse(answer.Body.Memory);
            display =
                parameters is not null && Part(parameters.RootElement, "display") is { } named ? Text(named, "valueString") ?? code : code;
        }
        var isObservation =
            BuiltInTerminology.IsObservation(system, code) || display.EndsWith(ObservableTag, StringComparison.OrdinalIgnoreCase);
        return new CodedTerm(system, code, display, isObservation);
    }

    /// <summary>The answer; null when the server does not know the code or the operation (4xx).</summary>
    private async Task<FhirPage?> AskAsync(string query, CancellationToken cancellationToken)
    {
        try
        {
            return await _client.GetPageAsync(new Uri(query, UriKind.Relative), cancellationToken);
        }
        catch (FhirRequestException e) when (!e.IsTransient && (int?)e.Status is >= 400 and < 500 and not (401 or 403))
        {
            LogUnknown((int)e.Status!);
            return null;
        }
        catch (FhirRequestException e)
        {
            var reason = e.Status is { } status ? $"it answered {(int)status}" : "no answer";
            throw new TerminologyUnavailableException($"the terminology server is not available: {reason}");
        }
    }

    private static JsonElement? Part(JsonElement parent, string name, string list = "parameter") =>
        Parts(parent, list, name).Select(part => (JsonElement?)part).FirstOrDefault();

    private static IEnumerable<JsonElement> Parts(JsonElement parent, string list, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(list, out var parts) && parts.ValueKind == JsonValueKind.Array
            ? parts.EnumerateArray().Where(part => Text(part, "name") == name)
            : [];

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    [LoggerMessage(6201, LogLevel.Information, "The terminology server answered {Status}: the built-in table is asked instead")]
    private partial void LogUnknown(int status);

    private sealed record Known(CodedTerm? Code, long At);
}

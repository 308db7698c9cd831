using System.Collections.Concurrent;
using Interop.Fhir.Client;
using Interop.Fhir.Terminology;
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
    /// <summary>The code system that the words of uploaded files belong to, as the source of translations.</summary>
    public const string TermSystem = "urn:interop:upload-term";

    private const int MostCached = 20_000;
    private const string ObservableTag = " (observable entity)";
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan UnknownLifetime = TimeSpan.FromMinutes(5);

    private readonly TerminologyClient _client;
    private readonly BuiltInTerminology _builtIn = new();
    private readonly UploadOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);

    public TerminologyServer(IHttpClientFactory http, IOptions<UploadOptions> settings, TimeProvider time, ILogger<TerminologyServer> log)
    {
        (_options, _time, _log) = (settings.Value, time, log);
        _client = new TerminologyClient(
            http.CreateClient(TerminologyClient.HttpClientName),
            _options.TerminologyUrl!,
            _options.TerminologyTimeout,
            time
        );
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
        var found = await AskAsync(() =>
            _client.TranslateAsync(TermSystem, ColumnName.Fold(term), _options.TerminologySystem, cancellationToken)
        );
        if (found is null)
            return null;
        var display = found.Display ?? await AskAsync(() => _client.FindDisplayAsync(found.System, found.Code, cancellationToken));
        display ??= found.Code;
        var isObservation =
            BuiltInTerminology.IsObservation(found.System, found.Code)
            || display.EndsWith(ObservableTag, StringComparison.OrdinalIgnoreCase);
        return new CodedTerm(found.System, found.Code, display, isObservation);
    }

    /// <summary>The answer; null when the server does not know the code or the operation (4xx).</summary>
    private async Task<T?> AskAsync<T>(Func<Task<T?>> ask)
        where T : class
    {
        try
        {
            return await ask();
        }
        catch (FhirRequestException e) when (TerminologyClient.IsNotKnown(e))
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

    [LoggerMessage(6201, LogLevel.Information, "The terminology server answered {Status}: the built-in table is asked instead")]
    private partial void LogUnknown(int status);

    private sealed record Known(CodedTerm? Code, long At);
}

using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Interop.Fhir.Client;
using Interop.Sources;
using Interop.Uploads.Formats;
using Interop.Uploads.Running;
using Microsoft.Extensions.Options;

namespace Interop.Uploads.Patients;

/// <summary>Posts transactions to the FHIR server that uploads write to.</summary>
internal sealed class TransactionClient(IHttpClientFactory http, IOptions<UploadOptions> options, UploadTarget target)
{
    public const string HttpClientName = "upload-target";

    private static readonly MediaTypeHeaderValue FhirJson = MediaTypeHeaderValue.Parse("application/fhir+json; charset=utf-8");

    public bool IsConfigured => target.BaseUrl is not null;

    /// <summary>The outcome of one transaction. An answer that is lost is <see cref="OutcomeKind.Unavailable"/>: conditional entries may be
    /// sent again.</summary>
    public async Task<RowOutcome> PostAsync(byte[] bundle, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Value.RequestTimeout);
        try
        {
            var outcome = await PostOnceAsync(bundle, renew: false, limit.Token);
            // A token may have expired: once more with a new one.
            return outcome.Kind == OutcomeKind.Stop && target.Authorization is not null
                ? await PostOnceAsync(bundle, renew: true, limit.Token)
                : outcome;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return RowOutcome.Unavailable($"no answer within {options.Value.RequestTimeout}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or FhirRequestException)
        {
            return RowOutcome.Unavailable(e.Message);
        }
    }

    private async Task<RowOutcome> PostOnceAsync(byte[] bundle, bool renew, CancellationToken cancellationToken)
    {
        using var client = http.CreateClient(HttpClientName);
        using var request = new HttpRequestMessage(HttpMethod.Post, target.BaseUrl!.AbsoluteUri.TrimEnd('/'))
        {
            Content = new ByteArrayContent(bundle),
        };
        request.Content.Headers.ContentType = FhirJson;
        request.Headers.TryAddWithoutValidation("Accept", "application/fhir+json");
        if (target.Authorization is { } authorization)
            request.Headers.Authorization = await authorization.GetAsync(renew, cancellationToken);
        using var response = await client.SendAsync(request, cancellationToken);
        return Outcome(response, await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    private static RowOutcome Outcome(HttpResponseMessage response, byte[] body)
    {
        var status = (int)response.StatusCode;
        if (response.IsSuccessStatusCode)
            return Locations(body) is { } ids
                ? new RowOutcome(OutcomeKind.Succeeded, ids)
                : RowOutcome.Refused("the answer is no transaction-response Bundle");
        // The codes only: the texts may repeat patient data.
        var codes = OperationOutcomeText.ReadCodes(body);
        var reason = $"the server answered {status}{(codes is null ? "" : $" ({codes})")}";
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => RowOutcome.Stop(
                $"{reason}: check the credentials of the FHIR server"
            ),
            // Another writer came first: the same transaction is decided anew.
            HttpStatusCode.Conflict or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests => RowOutcome.Unavailable(
                reason,
                RetryAfter(response)
            ),
            _ when status >= 500 => RowOutcome.Unavailable(reason, RetryAfter(response)),
            _ => RowOutcome.Refused(reason),
        };
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter is { } after ? after.Delta ?? (after.Date is { } date ? date - DateTimeOffset.UtcNow : null) : null;

    /// <summary>The references of the written resources as a JSON array.</summary>
    private static string? Locations(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (!document.RootElement.TryGetProperty("entry", out var entries) || entries.ValueKind != JsonValueKind.Array)
                return null;
            var references = new List<string>();
            foreach (var entry in entries.EnumerateArray())
            {
                if (
                    !entry.TryGetProperty("response", out var answer)
                    || !answer.TryGetProperty("location", out var location)
                    || location.GetString() is not { } text
                )
                    continue;
                var parts = text.Split("/_history")[0].Split('/');
                references.Add(parts.Length >= 2 ? $"{parts[^2]}/{parts[^1]}" : text);
            }
            return JsonSerializer.Serialize(references);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>The FHIR server that uploads write to.</summary>
/// <param name="BaseUrl">Null when none is configured.</param>
/// <param name="Authorization">Null for none.</param>
internal sealed record UploadTarget(Uri? BaseUrl, IAuthorization? Authorization)
{
    private const string DefaultSource = "default";

    /// <summary>The server of the settings, else that of the default source. The source's credentials go to its own origin only.</summary>
    public static UploadTarget Create(string? targetUrl, string? defaultFhirServer, SourceRegistry? sources)
    {
        if ((targetUrl ?? defaultFhirServer) is not { Length: > 0 } url)
            return new UploadTarget(null, null);
        var target = new Uri(url);
        var isOfSource =
            defaultFhirServer is not null
            && Uri.Compare(
                target,
                new Uri(defaultFhirServer),
                UriComponents.SchemeAndServer,
                UriFormat.Unescaped,
                StringComparison.OrdinalIgnoreCase
            ) == 0;
        return new UploadTarget(target, isOfSource ? sources?.FindAuthorization(DefaultSource) : null);
    }
}

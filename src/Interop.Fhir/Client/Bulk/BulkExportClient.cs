using System.Net;
using Interop.Fhir.Files;

namespace Interop.Fhir.Client.Bulk;

/// <summary>An opened file of an export.</summary>
/// <param name="Content">The file's text, decompressed; null when it has not changed (304).</param>
/// <param name="ETag">A strong ETag: the same text has the same one. Null where the server gives none.</param>
public sealed record BulkFileContent(Stream? Content, string? ETag);

/// <summary>The server is still preparing the export.</summary>
/// <param name="Pause">The wait before it is asked again.</param>
/// <param name="Progress">Its <c>X-Progress</c>, at most 100 characters; null when it sends none.</param>
public readonly record struct BulkExportPause(TimeSpan Pause, string? Progress);

/// <summary>Bulk Data exports of one server (HL7 Bulk Data Access 2.0). It keeps no state: the caller keeps the status URL.</summary>
public sealed class BulkExportClient(FhirClient client, TimeSpan firstDelay, TimeProvider time)
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(5);

    /// <summary>Begins an export and returns its status URL.</summary>
    /// <param name="export">What to export.</param>
    /// <param name="onRetry">Called before each wait for a further try.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <exception cref="BulkExportException">The answer is not that of a kick-off.</exception>
    /// <exception cref="FhirRequestException">The server refused, or every try failed.</exception>
    public async Task<Uri> StartAsync(BulkExportRequest export, Action<FhirRetry>? onRetry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(export);
        using var answer = await client.OpenAsync(export.ToRequest(), onRetry, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.Accepted)
            throw new BulkExportException(
                $"the server answered {(int)answer.StatusCode} to the kick-off of {export.Operation}; an export begins with 202 and a Content-Location"
            );
        var location = answer.Content.Headers.ContentLocation;
        return location is null
            ? throw new BulkExportException(
                $"the server accepted {export.Operation} without a Content-Location: there is no status to ask for"
            )
            : new Uri(answer.RequestMessage?.RequestUri ?? client.BaseUrl, location);
    }

    /// <summary>Waits for the end of an export.</summary>
    /// <param name="statusUrl">What <see cref="StartAsync"/> returned.</param>
    /// <param name="deadline">The export must have ended by then.</param>
    /// <param name="onRetry">Called before each wait for a further try.</param>
    /// <param name="onPause">Called before each wait for the export's end.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The manifest, and the server's clock when it sent it.</returns>
    /// <exception cref="BulkExportException">It did not end in time, or the answer is not a manifest.</exception>
    /// <exception cref="FhirRequestException">The export failed; 404 or 410: the server does not know it any more.</exception>
    public async Task<(BulkManifest Manifest, DateTimeOffset? ServerDate)> WaitAsync(
        Uri statusUrl,
        DateTimeOffset deadline,
        Action<FhirRetry>? onRetry,
        Action<BulkExportPause>? onPause,
        CancellationToken cancellationToken
    )
    {
        for (var delay = firstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            TimeSpan pause;
            using (
                var answer = await client.OpenAsync(
                    new FhirRequest(HttpMethod.Get, statusUrl) { Accept = "application/json" },
                    onRetry,
                    cancellationToken
                )
            )
            {
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    using var body = await client.ReadContentAsync(answer, cancellationToken);
                    return (BulkManifest.Parse(body.Memory, answer.RequestMessage?.RequestUri ?? statusUrl), answer.Headers.Date);
                }

                if (answer.StatusCode != HttpStatusCode.Accepted)
                    throw new BulkExportException($"the export's status is answered with {(int)answer.StatusCode}, not with 202 or 200");
                if (time.GetUtcNow() >= deadline)
                    throw new BulkExportException(
                        $"the export has not ended by {deadline.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z (Bulk:MaxWait){(Progress(answer) is { } text ? $"; its progress: {text}" : "")}"
                    );
                pause = RetryAfter(answer) ?? delay;
                onPause?.Invoke(new BulkExportPause(pause, Progress(answer)));
            }

            await Task.Delay(pause, time, cancellationToken);
        }
    }

    /// <summary>Opens a file. The caller reads and disposes its content.</summary>
    /// <param name="file">The file.</param>
    /// <param name="sendsCredentials">Whether the manifest requires the access token.</param>
    /// <param name="etag">The ETag of the text that the caller has; null: none.</param>
    /// <param name="onRetry">Called before each wait for a further try.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <exception cref="FhirRequestException">The server refused, or every try failed.</exception>
    public async Task<BulkFileContent> OpenFileAsync(
        Uri file,
        bool sendsCredentials,
        string? etag,
        Action<FhirRetry>? onRetry,
        CancellationToken cancellationToken
    )
    {
        var answer = await client.OpenAsync(
            new FhirRequest(HttpMethod.Get, file)
            {
                Accept = "application/fhir+ndjson",
                IfNoneMatch = etag,
                SendsCredentials = sendsCredentials,
            },
            onRetry,
            cancellationToken
        );
        if (answer.StatusCode == HttpStatusCode.NotModified)
        {
            answer.Dispose();
            return new BulkFileContent(null, etag);
        }

        try
        {
            var stream = await GunzipStream.ExpandAsync(await client.ReadStreamAsync(answer, cancellationToken), cancellationToken);
            return new BulkFileContent(stream, answer.Headers.ETag is { IsWeak: false } strong ? strong.Tag : null);
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    /// <summary>Tells the server that the export's files are no longer needed.</summary>
    public async Task DeleteAsync(Uri statusUrl, CancellationToken cancellationToken)
    {
        using var answer = await client.OpenAsync(new FhirRequest(HttpMethod.Delete, statusUrl), cancellationToken);
    }

    private static string? Progress(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("X-Progress", out var values) && values.FirstOrDefault() is { Length: > 0 and <= 100 } text
            ? text
            : null;

    private TimeSpan? RetryAfter(HttpResponseMessage answer)
    {
        var wait = answer.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - (answer.Headers.Date ?? time.GetUtcNow()),
            _ => (TimeSpan?)null,
        };
        return wait is null || wait < TimeSpan.Zero ? null
            : wait > LongestRetryAfter ? LongestRetryAfter
            : wait;
    }
}

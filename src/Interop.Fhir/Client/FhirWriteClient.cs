using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Polly;
using Polly.Retry;

namespace Interop.Fhir.Client;

/// <summary>
/// Writes to one FHIR R4 server (http.html): create, update, their conditional forms, and transactions. A request that the server did not
/// take (429, 503, no connection) is repeated. A request whose outcome is uncertain (the answer was lost, 5xx) is repeated only where that
/// cannot write twice. Failures are results and not exceptions.
/// </summary>
/// <param name="http">Must not follow redirects by itself: credentials would follow with it.</param>
/// <param name="options">The server.</param>
/// <param name="authorization">Its credentials; null for none.</param>
/// <param name="time">The clock of waits and time-outs.</param>
public sealed class FhirWriteClient(HttpClient http, FhirClientOptions options, IAuthorization? authorization, TimeProvider time)
{
    private static readonly MediaTypeHeaderValue FhirJson = new("application/fhir+json") { CharSet = "utf-8" };

    /// <summary>Creates a resource under an id that the server chooses. Without a condition it is never repeated when its outcome is
    /// uncertain.</summary>
    /// <param name="resourceType">The type, as in the URL.</param>
    /// <param name="resource">The resource in JSON.</param>
    /// <param name="ifNoneExist">A search (<c>identifier=system|value</c>): nothing is written where a resource matches it; null creates
    /// always.</param>
    /// <param name="cancellationToken">Cancels the request and its waits.</param>
    public Task<FhirWriteResult> CreateAsync(
        string resourceType,
        ReadOnlyMemory<byte> resource,
        string? ifNoneExist,
        CancellationToken cancellationToken
    ) =>
        SendAsync(
            new Write(HttpMethod.Post, resourceType, resource)
            {
                IfNoneExist = ifNoneExist,
                IsRepeatable = ifNoneExist is not null,
                IsConditional = ifNoneExist is not null,
            },
            cancellationToken
        );

    /// <summary>Updates a resource by its id, or creates it under that id where the server allows it.</summary>
    /// <param name="resourceType">The type, as in the URL.</param>
    /// <param name="id">The id.</param>
    /// <param name="resource">The resource in JSON, with the same id.</param>
    /// <param name="ifMatchVersion">The version that the server must hold; null updates any version.</param>
    /// <param name="cancellationToken">Cancels the request and its waits.</param>
    public Task<FhirWriteResult> UpdateAsync(
        string resourceType,
        string id,
        ReadOnlyMemory<byte> resource,
        string? ifMatchVersion,
        CancellationToken cancellationToken
    ) =>
        SendAsync(
            // With If-Match a repetition after a write that was lost would report a conflict with itself, so it is not repeated.
            new Write(HttpMethod.Put, $"{resourceType}/{id}", resource)
            {
                IfMatchVersion = ifMatchVersion,
                IsRepeatable = ifMatchVersion is null,
            },
            cancellationToken
        );

    /// <summary>Updates the one resource that matches a search, or creates it where none does.</summary>
    /// <param name="resourceType">The type, as in the URL.</param>
    /// <param name="condition">The search, escaped for a URL: <c>identifier=system%7Cvalue</c>.</param>
    /// <param name="resource">The resource in JSON.</param>
    /// <param name="cancellationToken">Cancels the request and its waits.</param>
    public Task<FhirWriteResult> UpdateAsync(
        string resourceType,
        string condition,
        ReadOnlyMemory<byte> resource,
        CancellationToken cancellationToken
    ) =>
        SendAsync(
            new Write(HttpMethod.Put, $"{resourceType}?{condition}", resource) { IsRepeatable = true, IsConditional = true },
            cancellationToken
        );

    /// <summary>Sends a Bundle of type transaction: the server writes all entries or none.</summary>
    /// <param name="bundle">The Bundle in JSON.</param>
    /// <param name="isRepeatable">Whether every entry is conditional or an update, so that sending it twice writes the same.</param>
    /// <param name="cancellationToken">Cancels the request and its waits.</param>
    public Task<FhirWriteResult> TransactionAsync(ReadOnlyMemory<byte> bundle, bool isRepeatable, CancellationToken cancellationToken) =>
        SendAsync(
            new Write(HttpMethod.Post, "", bundle)
            {
                IsTransaction = true,
                IsRepeatable = isRepeatable,
                IsConditional = true,
            },
            cancellationToken
        );

    private async Task<FhirWriteResult> SendAsync(Write write, CancellationToken cancellationToken)
    {
        using var elapsed = new CancellationTokenSource(options.MaxElapsed, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(elapsed.Token, cancellationToken);
        // A try that was lost after it was sent: a later refusal does not make it certain that nothing was written.
        var mayBeWritten = false;
        FhirWriteResult? last = null;
        try
        {
            var result = await Pipeline(write)
                .ExecuteAsync(
                    async token =>
                    {
                        last = await SendOnceAsync(write, token);
                        mayBeWritten |= last.Outcome == FhirWriteOutcome.Uncertain;
                        return last;
                    },
                    either.Token
                );
            return result.Outcome == FhirWriteOutcome.Unavailable && mayBeWritten
                ? result with
                {
                    Outcome = FhirWriteOutcome.Uncertain,
                }
                : result;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var outcome = mayBeWritten || last is null ? FhirWriteOutcome.Uncertain : FhirWriteOutcome.Unavailable;
            return new FhirWriteResult(
                outcome,
                last?.Status,
                Reason: $"no good answer within {options.MaxElapsed}{(last?.Reason is { } said ? $": {said}" : "")}"
            );
        }
    }

    private ResiliencePipeline<FhirWriteResult> Pipeline(Write write)
    {
        var builder = new ResiliencePipelineBuilder<FhirWriteResult> { TimeProvider = time };
        if (options.MaxAttempts > 1)
        {
            builder.AddRetry(
                new RetryStrategyOptions<FhirWriteResult>
                {
                    ShouldHandle = args =>
                        new(
                            args.Outcome.Result is { } result
                                && !(result.RetryAfter > options.MaxRetryAfter)
                                && (
                                    result.Outcome == FhirWriteOutcome.Unavailable
                                    || (result.Outcome == FhirWriteOutcome.Uncertain && write.IsRepeatable)
                                )
                        ),
                    MaxRetryAttempts = options.MaxAttempts - 1,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = options.BaseDelay,
                    MaxDelay = options.MaxDelay,
                    DelayGenerator = args => new(args.Outcome.Result?.RetryAfter is { } wait && wait > TimeSpan.Zero ? wait : null),
                }
            );
        }

        return builder.Build();
    }

    private async Task<FhirWriteResult> SendOnceAsync(Write write, CancellationToken cancellationToken)
    {
        try
        {
            var result = await SendOnceAsync(write, renew: false, cancellationToken);
            return result.Status == HttpStatusCode.Unauthorized && authorization is not null
                ? await SendOnceAsync(write, renew: true, cancellationToken)
                : result;
        }
        catch (FhirRequestException e)
        {
            // The token endpoint failed: the request was not sent.
            return new FhirWriteResult(
                e.IsTransient ? FhirWriteOutcome.Unavailable : FhirWriteOutcome.Rejected,
                e.Status,
                Reason: e.Message,
                RetryAfter: e.RetryAfter
            );
        }
        catch (HttpRequestException e)
            when (e.HttpRequestError
                    is HttpRequestError.ConnectionError
                        or HttpRequestError.NameResolutionError
                        or HttpRequestError.SecureConnectionError
            )
        {
            return new FhirWriteResult(FhirWriteOutcome.Unavailable, null, Reason: e.Message);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException or ResponseTooLargeException)
        {
            return new FhirWriteResult(FhirWriteOutcome.Uncertain, null, Reason: e.Message);
        }
    }

    private async Task<FhirWriteResult> SendOnceAsync(Write write, bool renew, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            write.Method,
            write.Path.Length == 0 ? new Uri(options.BaseUrl.AbsoluteUri.TrimEnd('/')) : new Uri(options.BaseUrl, write.Path)
        );
        request.Content = new ReadOnlyMemoryContent(write.Body);
        request.Content.Headers.ContentType = FhirJson;
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/fhir+json"));
        if (write.IfMatchVersion is { } version)
            request.Headers.TryAddWithoutValidation("If-Match", $"W/\"{version}\"");
        if (write.IfNoneExist is { } condition)
            request.Headers.TryAddWithoutValidation("If-None-Exist", condition);
        if (authorization is not null)
            request.Headers.Authorization = await authorization.GetAsync(renew, cancellationToken);

        using var response = await SendAsync(request, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var body = await PooledBytes.ReadAsync(
            stream,
            response.Content.Headers.ContentLength ?? 0,
            options.MaxResponseBytes,
            options.IdleTimeout,
            time,
            cancellationToken
        );
        return response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotModified
            ? Accepted(write, response, body)
            : Refused(write, response, body);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(options.IdleTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {options.IdleTimeout.TotalSeconds:0} s");
        }
    }

    private static FhirWriteResult Accepted(Write write, HttpResponseMessage response, PooledBytes body)
    {
        if (write.IsTransaction)
        {
            try
            {
                return new FhirWriteResult(FhirWriteOutcome.Applied, response.StatusCode)
                {
                    Entries = FhirWriteAnswer.ReadEntries(body.Memory),
                };
            }
            catch (JsonException e)
            {
                return new FhirWriteResult(
                    FhirWriteOutcome.Uncertain,
                    response.StatusCode,
                    Reason: $"the answer to the transaction cannot be read: {e.Message}"
                );
            }
        }

        var outcome =
            response.StatusCode == HttpStatusCode.Created ? FhirWriteOutcome.Created
            : write.IfNoneExist is not null ? FhirWriteOutcome.AlreadyThere
            : FhirWriteOutcome.Updated;
        return FhirWriteAnswer.Read(outcome, response, body.Memory.Span);
    }

    private FhirWriteResult Refused(Write write, HttpResponseMessage response, PooledBytes body)
    {
        var status = response.StatusCode;
        var outcome = status switch
        {
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => FhirWriteOutcome.Unavailable,
            HttpStatusCode.PreconditionFailed when write.IsConditional => FhirWriteOutcome.SeveralMatches,
            HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed => FhirWriteOutcome.Conflict,
            HttpStatusCode.RequestTimeout => FhirWriteOutcome.Uncertain,
            HttpStatusCode.NotImplemented => FhirWriteOutcome.Rejected,
            >= HttpStatusCode.InternalServerError => FhirWriteOutcome.Uncertain,
            _ => FhirWriteOutcome.Rejected,
        };
        var retryAfter = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - (response.Headers.Date ?? time.GetUtcNow()),
            _ => (TimeSpan?)null,
        };
        var said = OperationOutcomeText.Read(body.Memory.Span);
        return new FhirWriteResult(
            outcome,
            status,
            Reason: $"{(int)status} {response.ReasonPhrase}{(said is null ? "" : $": {said}")}",
            RetryAfter: retryAfter
        )
        {
            IssueCodes = OperationOutcomeText.ReadCodes(body.Memory.Span),
        };
    }

    /// <summary>One write, to be sent once or several times.</summary>
    private sealed record Write(HttpMethod Method, string Path, ReadOnlyMemory<byte> Body)
    {
        public string? IfNoneExist { get; init; }

        public string? IfMatchVersion { get; init; }

        /// <summary>Sending it twice writes the same as sending it once.</summary>
        public bool IsRepeatable { get; init; }

        /// <summary>A 412 says that several resources match, not that the version differs.</summary>
        public bool IsConditional { get; init; }

        public bool IsTransaction { get; init; }
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Interop.Fhir.Json;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace Interop.Fhir.Client;

/// <summary>
/// Reads from one FHIR R4 server (http, RESTful API). Transient failures are repeated with exponential backoff and jitter,
/// Retry-After is honoured, and after repeated failures a circuit opens so that callers fail at once.
/// </summary>
public sealed partial class FhirClient
{
    private const int MaxRedirects = 5;

    private static readonly ResiliencePropertyKey<Action<FhirRetry>> OnRetryKey = new("interop.on-retry");

    private readonly HttpClient _http;
    private readonly FhirClientOptions _options;
    private readonly IAuthorization? _authorization;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline _pipeline;

    /// <param name="http">Must not follow redirects by itself: credentials would follow with it.</param>
    /// <param name="options">The server.</param>
    /// <param name="authorization">Its credentials; null for none.</param>
    /// <param name="time">The clock of waits and time-outs.</param>
    public FhirClient(HttpClient http, FhirClientOptions options, IAuthorization? authorization, TimeProvider time)
    {
        (_http, _options, _authorization, _time) = (http, options, authorization, time);
        _pipeline = BuildPipeline(options, time);
    }

    /// <summary>The service base, ending in a slash.</summary>
    public Uri BaseUrl => _options.BaseUrl;

    /// <summary>
    /// GETs one page and reads it completely. An answer that is not one complete JSON document is retried like a broken connection.
    /// </summary>
    /// <param name="url">Absolute, or relative to the base.</param>
    /// <param name="cancellationToken">Ends the request and all its waits.</param>
    /// <exception cref="FhirRequestException">The server refused, or every try failed.</exception>
    public Task<FhirPage> GetPageAsync(Uri url, CancellationToken cancellationToken) => GetPageAsync(url, null, cancellationToken);

    /// <inheritdoc cref="GetPageAsync(Uri, CancellationToken)"/>
    /// <param name="url">Absolute, or relative to the base.</param>
    /// <param name="onRetry">Called before each wait for a further try.</param>
    /// <param name="cancellationToken">Ends the request and all its waits.</param>
    public async Task<FhirPage> GetPageAsync(Uri url, Action<FhirRetry>? onRetry, CancellationToken cancellationToken)
    {
        var target = Resolve(url);
        using var elapsed = new CancellationTokenSource(_options.MaxElapsed, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(elapsed.Token, cancellationToken);
        var context = ResilienceContextPool.Shared.Get(either.Token);
        if (onRetry is not null)
            context.Properties.Set(OnRetryKey, onRetry);
        try
        {
            return await _pipeline.ExecuteAsync(async c => await GetOnceAsync(target, c.CancellationToken), context);
        }
        catch (OperationCanceledException) when (elapsed.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new FhirRequestException(target, null, $"no good answer within {_options.MaxElapsed}", isTransient: true);
        }
        catch (BrokenCircuitException e)
        {
            const string Open = "the circuit of this source is open after repeated failures, the last: ";
            var last = e.InnerException as FhirRequestException;
            throw new FhirRequestException(
                target,
                null,
                $"{Open}{last?.Message ?? "unknown"}",
                isTransient: true,
                e.RetryAfter,
                e,
                $"{Open}{last?.LogMessage ?? "unknown"}"
            )
            {
                IsUnreachable = true,
            };
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private Uri Resolve(Uri url)
    {
        var target = url.IsAbsoluteUri ? url : new Uri(_options.BaseUrl, url);
        return IsAllowed(target)
            ? target
            : throw new FhirRequestException(
                target,
                null,
                "leads to another origin; list it in the source's AllowedOrigins if that is meant",
                isTransient: false
            );
    }

    private bool IsOwnOrigin(Uri url) => SameOrigin(url, _options.BaseUrl);

    private bool IsAllowed(Uri url) =>
        url.Scheme is "http" or "https" && (IsOwnOrigin(url) || _options.AllowedOrigins.Any(origin => SameOrigin(url, origin)));

    private static bool SameOrigin(Uri a, Uri b) =>
        Uri.Compare(a, b, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private async Task<FhirPage> GetOnceAsync(Uri url, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await SendAsync(new FhirRequest(HttpMethod.Get, url), url, cancellationToken);
            var body = await ReadBodyAsync(response, cancellationToken);
            try
            {
                if (!response.IsSuccessStatusCode)
                    throw Refused(url, response, body);
                return new FhirPage(body, BundlePage.Parse(body.Memory), response.Headers.Date);
            }
            catch
            {
                body.Dispose();
                throw;
            }
        }
        catch (JsonTooDeepException e)
        {
            throw new FhirRequestException(url, null, $"the answer is {e.Message}", isTransient: false, null, e);
        }
        catch (JsonException e)
        {
            throw new FhirRequestException(
                url,
                null,
                $"the answer is not one complete JSON document ({e.Message})",
                isTransient: true,
                null,
                e
            );
        }
        catch (ResponseTooLargeException e)
        {
            throw new FhirRequestException(url, null, e.Message, isTransient: false, null, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException)
        {
            var error = (e as HttpRequestException)?.HttpRequestError;
            throw new FhirRequestException(url, null, e.Message, isTransient: true, null, e)
            {
                IsUnreachable =
                    error
                        is HttpRequestError.ConnectionError
                            or HttpRequestError.NameResolutionError
                            or HttpRequestError.SecureConnectionError,
            };
        }
    }

    private async Task<HttpResponseMessage> SendAsync(FhirRequest request, Uri url, CancellationToken cancellationToken)
    {
        var renewed = false;
        var method = request.Method;
        for (var redirects = 0; ; )
        {
            var response = await SendOneAsync(request, method, url, renewed, cancellationToken);
            if (response.StatusCode == HttpStatusCode.Unauthorized && !renewed && SendsCredentials(request, url))
            {
                // The token may have been revoked early: try once with a new one.
                response.Dispose();
                renewed = true;
                continue;
            }

            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
                return response;
            if ((int)response.StatusCode is not (307 or 308))
                method = HttpMethod.Get;
            response.Dispose();
            if (++redirects > MaxRedirects)
                throw new FhirRequestException(url, null, $"more than {MaxRedirects} redirects", isTransient: false);
            url = Resolve(location.IsAbsoluteUri ? location : new Uri(url, location));
        }
    }

    private bool SendsCredentials(FhirRequest request, Uri url) =>
        _authorization is not null && request.SendsCredentials && IsOwnOrigin(url);

    private async Task<HttpResponseMessage> SendOneAsync(
        FhirRequest wanted,
        HttpMethod method,
        Uri url,
        bool renew,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(method, url);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(wanted.Accept));
        if (wanted.Prefer is not null)
            request.Headers.Add("Prefer", wanted.Prefer);
        if (wanted.IfNoneMatch is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", wanted.IfNoneMatch);
        if (wanted.Body is { } body && method != HttpMethod.Get)
        {
            request.Content = new ReadOnlyMemoryContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/fhir+json");
        }

        // HAPI answers a repeated search from a one-minute cache.
        request.Headers.CacheControl = new CacheControlHeaderValue { NoCache = true };
        if (SendsCredentials(wanted, url))
            request.Headers.Authorization = await _authorization!.GetAsync(renew, cancellationToken);

        using var silence = new CancellationTokenSource(_options.IdleTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {_options.IdleTimeout.TotalSeconds:0} s");
        }
    }

    private async Task<PooledBytes> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await PooledBytes.ReadAsync(
            stream,
            response.Content.Headers.ContentLength ?? 0,
            _options.MaxResponseBytes,
            _options.IdleTimeout,
            _time,
            cancellationToken
        );
    }

    private FhirRequestException Refused(Uri url, HttpResponseMessage response, PooledBytes body)
    {
        var status = response.StatusCode;
        var transient = status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;
        var retryAfter = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - (response.Headers.Date ?? _time.GetUtcNow()),
            _ => (TimeSpan?)null,
        };
        var said = OperationOutcomeText.Read(body.Memory.Span);
        var codes = OperationOutcomeText.ReadCodes(body.Memory.Span);
        var reason = $"{(int)status} {response.ReasonPhrase}{(said is null ? "" : $": {said}")}";
        var logReason = $"{(int)status} {status}{(codes.IsEmpty ? "" : $" ({string.Join(", ", codes)})")}";
        if (retryAfter > _options.MaxRetryAfter)
        {
            var asks = $"; asks to wait {retryAfter}, longer than MaxRetryAfter";
            return new FhirRequestException(url, status, reason + asks, false, retryAfter, null, logReason + asks);
        }

        return new FhirRequestException(url, status, reason, transient, retryAfter, null, logReason);
    }

    private static ResiliencePipeline BuildPipeline(FhirClientOptions options, TimeProvider time)
    {
        static ValueTask<bool> IsTransient(Outcome<object> outcome) => new(outcome.Exception is FhirRequestException { IsTransient: true });

        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        builder.AddCircuitBreaker(
            new CircuitBreakerStrategyOptions
            {
                ShouldHandle = args => IsTransient(args.Outcome),
                FailureRatio = 1.0,
                MinimumThroughput = Math.Max(2, options.FailuresBeforeBreak),
                SamplingDuration = TimeSpan.FromMinutes(30),
                BreakDuration = options.BreakDuration,
            }
        );
        if (options.MaxAttempts > 1)
        {
            builder.AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = args => IsTransient(args.Outcome),
                    MaxRetryAttempts = options.MaxAttempts - 1,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = options.BaseDelay,
                    MaxDelay = options.MaxDelay,
                    DelayGenerator = args =>
                        new((args.Outcome.Exception as FhirRequestException)?.RetryAfter is { } wait && wait > TimeSpan.Zero ? wait : null),
                    OnRetry = args =>
                    {
                        if (
                            args.Context.Properties.TryGetValue(OnRetryKey, out var onRetry)
                            && args.Outcome.Exception is FhirRequestException failure
                        )
                            onRetry(new FhirRetry(args.AttemptNumber + 2, options.MaxAttempts, args.RetryDelay, failure));
                        return default;
                    },
                }
            );
        }

        return builder.Build();
    }
}

/// <summary>A try failed, and another one follows.</summary>
/// <param name="Attempt">The number of the try that follows; the first try is 1.</param>
/// <param name="MaxAttempts">How many tries there are at most.</param>
/// <param name="Delay">The wait before it.</param>
/// <param name="Failure">Why the last one failed.</param>
public readonly record struct FhirRetry(int Attempt, int MaxAttempts, TimeSpan Delay, FhirRequestException Failure);

/// <summary>One answer: its parts are slices of <see cref="Body"/> and die with it.</summary>
/// <param name="Body">The bytes as received.</param>
/// <param name="Bundle">What they say.</param>
/// <param name="ServerDate">The <c>Date</c> header: the server's own clock.</param>
public sealed record FhirPage(PooledBytes Body, BundlePage Bundle, DateTimeOffset? ServerDate) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Body.Dispose();
}

using System.Net;
using Polly;
using Polly.CircuitBreaker;

namespace Interop.Fhir.Client;

public sealed partial class FhirClient
{
    /// <summary>
    /// Sends a request and returns as soon as the answer's headers are there; the caller reads its content and disposes it. Transient
    /// failures are repeated as for a page. Redirects are followed, to other allowed origins without the credentials.
    /// </summary>
    /// <returns>An answer with a status of 2xx or 304.</returns>
    /// <exception cref="FhirRequestException">The server refused, or every try failed.</exception>
    public Task<HttpResponseMessage> OpenAsync(FhirRequest request, CancellationToken cancellationToken) =>
        OpenAsync(request, null, cancellationToken);

    /// <inheritdoc cref="OpenAsync(FhirRequest, CancellationToken)"/>
    /// <param name="request">What to send.</param>
    /// <param name="onRetry">Called before each wait for a further try.</param>
    /// <param name="cancellationToken">Ends the request and all its waits.</param>
    public async Task<HttpResponseMessage> OpenAsync(FhirRequest request, Action<FhirRetry>? onRetry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var target = Resolve(request.Url);
        using var elapsed = new CancellationTokenSource(_options.MaxElapsed, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(elapsed.Token, cancellationToken);
        var context = ResilienceContextPool.Shared.Get(either.Token);
        if (onRetry is not null)
            context.Properties.Set(OnRetryKey, onRetry);
        try
        {
            return await _pipeline.ExecuteAsync(async c => await OpenOnceAsync(request, target, c.CancellationToken), context);
        }
        catch (OperationCanceledException) when (elapsed.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new FhirRequestException(target, null, $"no good answer within {_options.MaxElapsed}", isTransient: true);
        }
        catch (BrokenCircuitException e)
        {
            var reason = $"the circuit of this source is open after repeated failures, the last: {e.InnerException?.Message ?? "unknown"}";
            throw new FhirRequestException(target, null, reason, isTransient: true, e.RetryAfter, e);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Reads the whole content of an answer, within the limits of the options.</summary>
    /// <exception cref="FhirRequestException">The connection broke, or the content is too long.</exception>
    public async Task<PooledBytes> ReadContentAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(response);
        var url = response.RequestMessage?.RequestUri ?? BaseUrl;
        try
        {
            return await ReadBodyAsync(response, cancellationToken);
        }
        catch (ResponseTooLargeException e)
        {
            throw new FhirRequestException(url, null, e.Message, isTransient: false, null, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException)
        {
            throw new FhirRequestException(url, null, e.Message, isTransient: true, null, e);
        }
    }

    /// <summary>The content of an answer as a stream that fails when the server stays silent for too long.</summary>
    public async Task<Stream> ReadStreamAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(response);
        return new IdleTimeoutStream(await response.Content.ReadAsStreamAsync(cancellationToken), _options.IdleTimeout, _time);
    }

    private async Task<HttpResponseMessage> OpenOnceAsync(FhirRequest request, Uri url, CancellationToken cancellationToken)
    {
        HttpResponseMessage? response = null;
        try
        {
            response = await SendAsync(request, url, cancellationToken);
            if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotModified)
                return response;
            using var body = await ReadBodyAsync(response, cancellationToken);
            throw Refused(url, response, body);
        }
        catch (Exception e)
        {
            response?.Dispose();
            if (e is ResponseTooLargeException)
                throw new FhirRequestException(url, null, e.Message, isTransient: false, null, e);
            if (e is HttpRequestException or IOException or TimeoutException)
                throw new FhirRequestException(url, null, e.Message, isTransient: true, null, e);
            throw;
        }
    }
}

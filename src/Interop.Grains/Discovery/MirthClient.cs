using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Interop.Tokens;
using Microsoft.Extensions.Options;

namespace Interop.Discovery;

/// <summary>Sends patient discovery requests to a tenant's Mirth channel. Nothing of a request or an answer is logged.</summary>
internal sealed class MirthClient(IHttpClientFactory http, TenantRegistry tenants, IOptions<XcpdOptions> xcpd, TimeProvider time)
{
    public const string HttpClientName = "mirth";

    /// <summary>Sends the request. The answer has the correlation id in every case.</summary>
    public async Task<DiscoveryAnswer> SendAsync(DiscoveryRequest request, string correlationId, AccessToken token)
    {
        var tenant = tenants[request.Tenant];
        var url = new Uri(tenant.MirthEndpointUrl!);
        using var timeout = new CancellationTokenSource(tenant.Timeout, time);
        using var message = new HttpRequestMessage(HttpMethod.Post, url) { Content = Content(request, correlationId, url) };
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
        try
        {
            using var answer = await http.CreateClient(HttpClientName).SendAsync(message, timeout.Token);
            if (!answer.IsSuccessStatusCode)
                return new(DiscoveryOutcome.UpstreamFailed, $"Mirth answered {(int)answer.StatusCode}", correlationId, null);
            var body = request.Format == DiscoveryFormat.Xcpd ? await answer.Content.ReadAsByteArrayAsync(timeout.Token) : [];
            return new(DiscoveryOutcome.Submitted, null, correlationId, XcpdAnswer.Read(body));
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return new(DiscoveryOutcome.TimedOut, "Mirth did not answer in time", correlationId, null);
        }
        catch (HttpRequestException e)
        {
            return new(DiscoveryOutcome.UpstreamFailed, $"Mirth could not be reached ({e.HttpRequestError})", correlationId, null);
        }
    }

    private HttpContent Content(DiscoveryRequest request, string correlationId, Uri url)
    {
        if (request.Format == DiscoveryFormat.Json)
        {
            return new ByteArrayContent(
                JsonSerializer.SerializeToUtf8Bytes(
                    new
                    {
                        request_id = request.RequestId,
                        correlation_id = correlationId,
                        demographics = new
                        {
                            firstName = request.Demographics.FirstName,
                            lastName = request.Demographics.LastName,
                            dob = request.Demographics.Dob,
                        },
                    }
                )
            )
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" } },
            };
        }

        var content = new StringContent(
            XcpdQuery.Write(request.Demographics, correlationId, url, time.GetUtcNow(), xcpd.Value),
            Encoding.UTF8
        );
        content.Headers.ContentType = MediaTypeHeaderValue.Parse($"application/soap+xml; charset=utf-8; action=\"{XcpdQuery.Action}\"");
        return content;
    }
}

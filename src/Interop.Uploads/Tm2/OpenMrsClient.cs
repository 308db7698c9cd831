using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Interop.Uploads.Running;
using Microsoft.Extensions.Options;

namespace Interop.Uploads.Tm2;

internal enum OpenMrsFailure
{
    /// <summary>4xx: the request is not acceptable.</summary>
    Refused,

    /// <summary>5xx, 429, timeout or no connection: whether a write was carried out is not known.</summary>
    Unavailable,

    /// <summary>401 or 403: the credentials are wrong.</summary>
    NotAuthenticated,
}

/// <summary>A request to OpenMRS failed. The message holds no patient data.</summary>
internal sealed class OpenMrsException(OpenMrsFailure failure, string message, TimeSpan? retryAfter = null) : Exception(message)
{
    public OpenMrsFailure Failure => failure;

    public TimeSpan? RetryAfter => retryAfter;
}

/// <summary>Requests to the REST API of OpenMRS (webservices.rest), with basic authentication. It repeats nothing by itself.</summary>
internal sealed class OpenMrsClient(IHttpClientFactory http, IOptions<Tm2Options> options, IOptions<UploadOptions> uploads)
{
    public const string HttpClientName = "openmrs";

    private long _requests;

    public bool IsConfigured => options.Value.BaseUrl is not null;

    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>The results of a search.</summary>
    /// <exception cref="OpenMrsException">The search failed.</exception>
    public async Task<IReadOnlyList<JsonObject>> SearchAsync(string resource, string query, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Get, query.Length == 0 ? resource : $"{resource}?{query}", null, cancellationToken);
        return answer["results"] is JsonArray results ? [.. results.OfType<JsonObject>()] : [];
    }

    /// <summary>Creates a resource and returns it.</summary>
    /// <exception cref="OpenMrsException">The write failed, or its outcome is unknown.</exception>
    public Task<JsonObject> CreateAsync(string resource, JsonObject body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, resource, body, cancellationToken);

    /// <summary>Whether the server answers and accepts the credentials.</summary>
    public async Task<bool> IsReachableAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await SendAsync(HttpMethod.Get, "session", null, cancellationToken))["authenticated"]?.GetValue<bool>() == true;
        }
        catch (OpenMrsException)
        {
            return false;
        }
    }

    public static string Uuid(JsonObject item) =>
        (string?)item["uuid"] ?? throw new OpenMrsException(OpenMrsFailure.Refused, "OpenMRS answered without a uuid");

    private async Task<JsonObject> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        var settings = options.Value;
        Interlocked.Increment(ref _requests);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(uploads.Value.RequestTimeout);
        var resource = path.Split('?')[0];
        try
        {
            using var client = http.CreateClient(HttpClientName);
            using var request = new HttpRequestMessage(method, $"{settings.BaseUrl!.TrimEnd('/')}/ws/rest/v1/{path}");
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic",
                Convert.ToBase64String(Encoding.UTF8.GetBytes($"{settings.Username}:{settings.Password}"))
            );
            if (body is not null)
                request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
            using var response = await client.SendAsync(request, limit.Token);
            var bytes = await response.Content.ReadAsByteArrayAsync(limit.Token);
            if (response.IsSuccessStatusCode)
                return JsonNode.Parse(bytes) as JsonObject
                    ?? throw new OpenMrsException(
                        OpenMrsFailure.Unavailable,
                        $"OpenMRS: the answer to {method} {resource} is no JSON object"
                    );
            throw Failed(method, resource, response, bytes);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OpenMrsException(
                OpenMrsFailure.Unavailable,
                $"OpenMRS: no answer to {method} {resource} within {uploads.Value.RequestTimeout}"
            );
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            throw new OpenMrsException(OpenMrsFailure.Unavailable, $"OpenMRS: {method} {resource} failed: {e.Message}");
        }
    }

    private static OpenMrsException Failed(HttpMethod method, string resource, HttpResponseMessage response, byte[] body)
    {
        var status = (int)response.StatusCode;
        var failure =
            response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? OpenMrsFailure.NotAuthenticated
            : status >= 500 || response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout
                ? OpenMrsFailure.Unavailable
            : OpenMrsFailure.Refused;
        return new OpenMrsException(
            failure,
            $"OpenMRS answered {status} to {method} {resource}{Fields(body)}",
            response.Headers.RetryAfter?.Delta
        );
    }

    /// <summary>The names of the fields that OpenMRS refuses; its messages may repeat identifiers.</summary>
    private static string Fields(byte[] body)
    {
        try
        {
            return JsonNode.Parse(body)?["error"]?["fieldErrors"] is JsonObject { Count: > 0 } fields
                ? $" (fields: {string.Join(", ", fields.Select(field => field.Key))})"
                : "";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "";
        }
    }
}

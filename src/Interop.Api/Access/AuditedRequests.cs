using System.Security.Claims;
using Interop.Access;
using Interop.Health;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Access;

/// <summary>
/// Records the requests of audited endpoints. The record is on a disk before the first byte of the answer is sent, so the audit trail
/// contains everything that a caller has received. While records cannot be stored, audited endpoints answer 503 without doing anything.
/// </summary>
internal sealed class AuditedRequests(RequestDelegate next, AuditIntake intake, TimeProvider time)
{
    private const int ClientClosed = 499;

    public Task InvokeAsync(HttpContext http) =>
        Auditing.Of(http.GetEndpoint()) is { Action: { } action } declaration ? AuditAsync(http, declaration, action) : next(http);

    private async Task AuditAsync(HttpContext http, AuditDeclaration declaration, AuditAction action)
    {
        if (intake.RecentFailure is StorageFullException full)
            throw new StorageFullException($"{full.Message}, so that nothing may be read or changed");
        if (intake.RecentFailure is not null)
            throw new NotReadyException("the audit trail cannot be written, so that nothing may be read or changed");
        var isRecorded = false;
        http.Response.OnStarting(async () =>
        {
            try
            {
                await RecordAsync(http.Response.StatusCode);
            }
            catch (Exception)
            {
                // The answer was ready, but the caller must not get it.
                http.Abort();
            }
        });
        try
        {
            await next(http);
        }
        catch (Exception e)
        {
            await RecordAsync(StatusOf(e, http));
            throw;
        }
        await RecordAsync(http.Response.StatusCode);

        Task RecordAsync(int status)
        {
            // Without credentials the caller is not known, and nothing was done.
            var isOfInterest =
                action == AuditAction.Login
                    ? status != StatusCodes.Status429TooManyRequests
                    : status is not (StatusCodes.Status401Unauthorized or StatusCodes.Status429TooManyRequests);
            if (isRecorded || !isOfInterest)
                return Task.CompletedTask;
            isRecorded = true;
            return intake.RecordAsync(Record(http, declaration, action, status));
        }
    }

    private static int StatusOf(Exception e, HttpContext http) =>
        e switch
        {
            BadHttpRequestException bad => bad.StatusCode,
            OperationCanceledException when http.RequestAborted.IsCancellationRequested => ClientClosed,
            StorageFullException => StatusCodes.Status507InsufficientStorage,
            NotReadyException or TimeoutException => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status500InternalServerError,
        };

    private AuditRecord Record(HttpContext http, AuditDeclaration declaration, AuditAction action, int status)
    {
        var endpoint = http.GetEndpoint();
        var patient = declaration.PatientParameter is { } parameter
            ? http.GetRouteValue(parameter)?.ToString()
            : http.Features.Get<AuditedPatient>()?.Reference;
        return new AuditRecord(
            $"interop-{Guid.NewGuid():N}",
            time.GetUtcNow(),
            action,
            endpoint?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? "unnamed",
            http.Request.Path.Value ?? "/",
            declaration.HidesQuery || !http.Request.QueryString.HasValue ? null : http.Request.QueryString.Value![1..],
            patient is null ? null
                : patient.StartsWith("Patient/", StringComparison.Ordinal) ? patient
                : $"Patient/{patient}",
            AuditedCaller.Of(http),
            http.User.FindAll(ClaimTypes.Role).LastOrDefault()?.Value,
            CallerAddress.Of(http),
            status,
            http.TraceIdentifier
        );
    }
}

/// <summary>The patient that the body of a request names, for an endpoint without a route parameter.</summary>
internal sealed record AuditedPatient(string Reference)
{
    /// <summary>Records the patient, as <c>Patient/ID</c>, with the request.</summary>
    public static void Set(HttpContext http, string reference) => http.Features.Set(new AuditedPatient(reference));
}

/// <summary>The caller that the endpoint itself has determined, such as the name of a login.</summary>
internal sealed record AuditedCaller(string Name)
{
    private const int MaxNameLength = 64;

    /// <summary>Records the name that a caller gave. A text that cannot be the name of a user is not recorded, because it may be a
    /// password.</summary>
    public static void Set(HttpContext http, string name)
    {
        var isName =
            name.Length is > 0 and <= MaxNameLength && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '@');
        http.Features.Set(new AuditedCaller(isName ? name.ToLowerInvariant() : "unknown"));
    }

    /// <summary>The name of the caller; null when it is not known.</summary>
    public static string? Of(HttpContext http) =>
        http.Features.Get<AuditedCaller>()?.Name
        ?? (http.User.Identity?.Name is { } name ? (http.User.HasClaim(Caller.KindClaim, Caller.ApiKey) ? $"api-key/{name}" : name) : null);
}

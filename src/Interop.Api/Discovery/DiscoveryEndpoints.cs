using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml;
using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Http;
using Interop.Api.Tokens;
using Interop.Discovery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Discovery;

/// <summary>Submits patient discovery requests, and lists what happened about a patient.</summary>
public static class DiscoveryEndpoints
{
    private const int MaxNameLength = 200;
    private const int MaxRequestIdLength = 128;
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static void MapDiscovery(this IEndpointRouteBuilder routes)
    {
        routes
            .MapPost("/api/pd/search", SearchAsync)
            .RequireRole(AccessRole.Operator)
            .WithTags("Patient discovery")
            .WithName("SearchPatient")
            .Audited(AuditAction.Query, hidesQuery: true)
            .WithMetadata(new OwnBodyLimit())
            .WithSummary("Submit a patient discovery request; format=xcpd sends an IHE ITI-55 message")
            .WithRequestBody(
                typeof(SearchRequest),
                "The patient. A request_id that comes again within 24 hours is not sent again.",
                DiscoveryExamples.Request
            )
            .WithValues("format", "json", "xcpd")
            .WithExample(DiscoveryExamples.Submitted)
            .WithErrorExample(StatusCodes.Status502BadGateway, "Mirth answered 500")
            .WithErrorExample(
                StatusCodes.Status409Conflict,
                "request_id was used for another patient within the last 24 hours: choose a new one"
            )
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status500InternalServerError)
            .ProducesProblem(StatusCodes.Status502BadGateway)
            .ProducesProblem(StatusCodes.Status504GatewayTimeout);
        routes
            .MapGet("/api/timeline", TimelineAsync)
            .RequireRole(AccessRole.Viewer)
            .WithTags("Patient discovery")
            .WithName("Timeline")
            .Audited(AuditAction.Query, hidesQuery: true)
            .WithSummary("List what happened about a patient, oldest first")
            .WithExample(DiscoveryExamples.Timeline)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<Results<Ok<SearchResponse>, ProblemHttpResult>> SearchAsync(
        HttpContext http,
        IGrainFactory grains,
        TimeProvider time,
        [Description("How the request goes to Mirth: json (the default) or xcpd")] string? format,
        [Description(TenantName.Description)] string tenant = TenantName.Default
    )
    {
        var (body, bodyError) = await JsonBody.ReadAsync<SearchRequest>(http, Json);
        var requestId = body?.RequestId ?? Guid.NewGuid().ToString();
        var errors = new List<FieldError>();
        if (TenantName.Error(tenant) is { } tenantError)
            errors.Add(tenantError);
        if (format is not (null or "json" or "xcpd"))
            errors.Add(new("format", "must be json or xcpd"));
        if (requestId.Length is 0 or > MaxRequestIdLength || requestId.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
            errors.Add(new("request_id", $"must have 1 to {MaxRequestIdLength} characters without control characters"));
        if (bodyError is not null)
            errors.Add(bodyError);
        var patient = Patient(
            body?.Demographics?.FirstName,
            body?.Demographics?.LastName,
            body?.Demographics?.Dob,
            time,
            body is null ? [] : errors,
            "demographics."
        );
        if (errors.Count > 0)
            return JsonBody.Invalid(errors);

        var request = new DiscoveryRequest(tenant, requestId, patient, format == "xcpd" ? DiscoveryFormat.Xcpd : DiscoveryFormat.Json);
        var answer = await grains.GetGrain<IDiscoveryGrain>($"{tenant}/{requestId}").Submit(request);
        (string, object)[] correlation = answer.CorrelationId is { } id ? [("correlation_id", id)] : [];
        return answer.Outcome switch
        {
            DiscoveryOutcome.Submitted => TypedResults.Ok(SearchResponse.From(answer)),
            DiscoveryOutcome.RequestIdReused => JsonBody.WithMessage(StatusCodes.Status409Conflict, "Conflict", answer.Problem!),
            DiscoveryOutcome.NotConfigured => JsonBody.WithMessage(
                StatusCodes.Status500InternalServerError,
                "Not configured",
                answer.Problem!,
                correlation
            ),
            DiscoveryOutcome.TimedOut => JsonBody.WithMessage(
                StatusCodes.Status504GatewayTimeout,
                "Upstream timed out",
                answer.Problem!,
                correlation
            ),
            _ => JsonBody.WithMessage(StatusCodes.Status502BadGateway, "Upstream failed", answer.Problem!, correlation),
        };
    }

    private static async Task<Results<Ok<TimelineResponse>, ProblemHttpResult>> TimelineAsync(
        IGrainFactory grains,
        TimeProvider time,
        [Description("The patient's first name; case makes no difference")] string? firstName,
        [Description("The patient's last name; case makes no difference")] string? lastName,
        [Description("The patient's date of birth, yyyy-MM-dd")] string? dob
    )
    {
        var errors = new List<FieldError>();
        var patient = Patient(firstName, lastName, dob, time, errors, "");
        if (errors.Count > 0)
            return JsonBody.Invalid(errors);
        var events = await grains.GetQuery<ITimelineGrain>().Read(patient);
        return TypedResults.Ok(new TimelineResponse(new TimelinePatient(patient.FirstName, patient.LastName, patient.Dob), events));
    }

    /// <summary>The patient. What is wrong is added to the errors.</summary>
    private static Demographics Patient(
        string? firstName,
        string? lastName,
        string? dob,
        TimeProvider time,
        List<FieldError> errors,
        string prefix
    )
    {
        var (first, last) = (firstName?.Trim() ?? "", lastName?.Trim() ?? "");
        if (!IsName(first))
            errors.Add(new(prefix + "firstName", NameRule));
        if (!IsName(last))
            errors.Add(new(prefix + "lastName", NameRule));
        if (!DateOnly.TryParseExact(dob, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            errors.Add(new(prefix + "dob", "must be a date in the form yyyy-MM-dd"));
        else if (day > DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime))
            errors.Add(new(prefix + "dob", "must not be in the future"));
        return new Demographics(first, last, dob ?? "");
    }

    private static string NameRule => $"must have 1 to {MaxNameLength} characters without control characters";

    /// <summary>Only characters that XML has, because the name may go into an XCPD message.</summary>
    private static bool IsName(string name) => name.Length is > 0 and <= MaxNameLength && !name.Any(char.IsControl) && IsXmlText(name);

    private static bool IsXmlText(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (XmlConvert.IsXmlChar(text[i]))
                continue;
            if (i + 1 == text.Length || !XmlConvert.IsXmlSurrogatePair(text[i + 1], text[i]))
                return false;
            i++;
        }

        return true;
    }
}

/// <summary>The patient of a search. <c>request_id</c> is optional.</summary>
public sealed record SearchRequest(
    [property: JsonPropertyName("request_id")] string? RequestId = null,
    [property: JsonPropertyName("demographics"), Required] SearchDemographics? Demographics = null
);

/// <summary>Names, and the date of birth as yyyy-MM-dd. All are required.</summary>
public sealed record SearchDemographics(
    [property: JsonPropertyName("firstName"), Required] string? FirstName = null,
    [property: JsonPropertyName("lastName"), Required] string? LastName = null,
    [property: JsonPropertyName("dob"), Required] string? Dob = null
)
{
    /// <inheritdoc/>
    public override string ToString() => "(patient)";
}

/// <summary>
/// The request was submitted: a <see cref="DiscoveryAnswer"/> without its outcome, which is the HTTP status. The members after
/// <c>correlation_id</c> come from an XCPD answer that arrived at once.
/// </summary>
public sealed record SearchResponse(
    string Status,
    string CorrelationId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Outcome,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? ResultCount,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<string>? WantedDemographics,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<XcpdMatch>? Matches
)
{
    internal static SearchResponse From(DiscoveryAnswer answer) =>
        new(
            "submitted",
            answer.CorrelationId!,
            answer.Result?.Outcome,
            answer.Result?.ResultCount,
            answer.Result is { WantedDemographics.Length: > 0 } asks ? asks.WantedDemographics : null,
            answer.Result is { Matches.Length: > 0 } found ? found.Matches : null
        );
}

/// <summary>A patient's events, oldest first.</summary>
public sealed record TimelineResponse(TimelinePatient Patient, ImmutableArray<TimelineEvent> Events);

/// <summary>The patient of the request: <see cref="Demographics"/> with the documented names.</summary>
public sealed record TimelinePatient(
    [property: JsonPropertyName("firstName")] string FirstName,
    [property: JsonPropertyName("lastName")] string LastName,
    string Dob
)
{
    /// <inheritdoc/>
    public override string ToString() => "(patient)";
}

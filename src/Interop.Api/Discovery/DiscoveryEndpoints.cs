using System.Collections.Immutable;
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

/// <summary>Submitting patient discovery requests, and what happened about a patient.</summary>
public static class DiscoveryEndpoints
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static void MapDiscovery(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/pd/search", SearchAsync).RequireRole(AccessRole.Operator).WithTags("Patient discovery").WithName("SearchPatient").WithMetadata(new OwnBodyLimit())
            .WithSummary("Submit a patient discovery request; format=xcpd sends an IHE ITI-55 message")
            .WithExample(DiscoveryExamples.Submitted).WithErrorExample(StatusCodes.Status502BadGateway, "Mirth answered 500")
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity).ProducesProblem(StatusCodes.Status500InternalServerError)
            .ProducesProblem(StatusCodes.Status502BadGateway).ProducesProblem(StatusCodes.Status504GatewayTimeout);
        routes.MapGet("/api/timeline", TimelineAsync).RequireRole(AccessRole.Viewer).WithTags("Patient discovery").WithName("Timeline").WithSummary("What happened about a patient")
            .WithExample(DiscoveryExamples.Timeline)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<Results<Ok<SearchResponse>, ProblemHttpResult>> SearchAsync(
        HttpContext http, IGrainFactory grains, TimeProvider time, string? format, string tenant = TenantName.Default)
    {
        var asked = await JsonBody.ReadAsync<SearchRequest>(http, Json);
        var requestId = asked?.RequestId ?? Guid.NewGuid().ToString();
        if (!TenantName.IsValid(tenant)
            || format is not (null or "json" or "xcpd")
            || requestId.Length is 0 or > 128 || requestId.Any(char.IsControl)
            || Patient(asked?.Demographics?.FirstName, asked?.Demographics?.LastName, asked?.Demographics?.Dob, time) is not { } patient)
            return JsonBody.Invalid();

        var request = new DiscoveryRequest(tenant, requestId, patient, format == "xcpd" ? DiscoveryFormat.Xcpd : DiscoveryFormat.Json);
        var answer = await grains.GetGrain<IDiscoveryGrain>($"{tenant}/{requestId}").Submit(request);
        (string, object)[] correlation = answer.CorrelationId is { } id ? [("correlation_id", id)] : [];
        return answer.Outcome switch
        {
            DiscoveryOutcome.Submitted => TypedResults.Ok(SearchResponse.From(answer)),
            DiscoveryOutcome.NotConfigured =>
                JsonBody.WithMessage(StatusCodes.Status500InternalServerError, "Not configured", answer.Problem!, correlation),
            DiscoveryOutcome.TimedOut => JsonBody.WithMessage(StatusCodes.Status504GatewayTimeout, "Upstream timed out", answer.Problem!, correlation),
            _ => JsonBody.WithMessage(StatusCodes.Status502BadGateway, "Upstream failed", answer.Problem!, correlation),
        };
    }

    private static async Task<Results<Ok<TimelineResponse>, ProblemHttpResult>> TimelineAsync(
        IGrainFactory grains, TimeProvider time, string? firstName, string? lastName, string? dob)
    {
        if (Patient(firstName, lastName, dob, time) is not { } patient)
            return JsonBody.Invalid();
        var events = await grains.GetQuery<ITimelineGrain>().Read(patient);
        return TypedResults.Ok(new TimelineResponse(
            new TimelinePatient(patient.FirstName, patient.LastName, patient.Dob),
            events.Select(e => new TimelineEventResponse(e.Timestamp, e.Type, e.Status, e.Details)).ToImmutableArray()));
    }

    /// <summary>Null: something is missing, or is not what it should be.</summary>
    private static Demographics? Patient(string? firstName, string? lastName, string? dob, TimeProvider time) =>
        Name(firstName) is { } first && Name(lastName) is { } last
        && DateOnly.TryParseExact(dob, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
        && day <= DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime)
            ? new Demographics(first, last, dob!)
            : null;

    private static string? Name(string? text)
    {
        var name = text?.Trim();
        // What XML cannot say, no upstream can be told.
        return name is { Length: > 0 and <= 200 } && !name.Any(c => char.IsControl(c) || (!char.IsSurrogate(c) && !XmlConvert.IsXmlChar(c))) ? name : null;
    }
}

/// <summary>Who is looked for; a request that comes again under the same id within a day is not submitted again.</summary>
public sealed record SearchRequest(
    [property: JsonPropertyName("request_id")] string? RequestId,
    [property: JsonPropertyName("demographics")] SearchDemographics? Demographics);

/// <summary>Names, and a date of birth as yyyy-MM-dd.</summary>
public sealed record SearchDemographics(
    [property: JsonPropertyName("firstName")] string? FirstName,
    [property: JsonPropertyName("lastName")] string? LastName,
    [property: JsonPropertyName("dob")] string? Dob)
{
    /// <inheritdoc/>
    public override string ToString() => "(patient)";
}

/// <summary>The request is on its way; the others only of an XCPD answer that came at once.</summary>
public sealed record SearchResponse(
    string Status,
    string CorrelationId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Outcome,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? ResultCount,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<string>? WantedDemographics,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<SearchMatch>? Matches)
{
    internal static SearchResponse From(DiscoveryAnswer answer) => new(
        "submitted",
        answer.CorrelationId!,
        answer.Result?.Outcome,
        answer.Result?.ResultCount,
        answer.Result is { WantedDemographics.Length: > 0 } asks ? asks.WantedDemographics : null,
        answer.Result is { Matches.Length: > 0 } found ? found.Matches.Select(m => new SearchMatch(m.Root, m.Extension)).ToImmutableArray() : null);
}

/// <summary>Who was found: an id and who assigned it.</summary>
public sealed record SearchMatch(string Root, string? Extension);

/// <summary>A patient's events, oldest first.</summary>
public sealed record TimelineResponse(TimelinePatient Patient, ImmutableArray<TimelineEventResponse> Events);

/// <summary>As asked for.</summary>
public sealed record TimelinePatient(
    [property: JsonPropertyName("firstName")] string FirstName, [property: JsonPropertyName("lastName")] string LastName, string Dob)
{
    /// <inheritdoc/>
    public override string ToString() => "(patient)";
}

/// <summary>Something that happened about a patient.</summary>
public sealed record TimelineEventResponse(DateTimeOffset Timestamp, string Type, string Status, JsonText Details);

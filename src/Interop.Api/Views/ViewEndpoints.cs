using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text;
using System.Text.Json.Serialization;
using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Http;
using Interop.Views;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Views;

/// <summary>The SQL on FHIR views, whose rows are the normalized tables.</summary>
public static class ViewEndpoints
{
    private const string Json = ViewRowAnswer.Json;

    public static void MapViews(this IEndpointRouteBuilder routes)
    {
        var views = routes.MapGroup("/views").WithTags("Views").RequireRole(AccessRole.Viewer);
        views
            .MapGet(
                "/",
                async (IGrainFactory grains) => TypedResults.Ok((await Query(grains).List()).Select(ViewResponse.From).ToImmutableArray())
            )
            .WithName("ListViews")
            .NotAudited("definitions, no patient data")
            .WithSummary("Every view with its columns and the state of its table")
            .WithExample(ViewExamples.Views);

        var view = views
            .MapGroup("/{name}")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithErrorExample(StatusCodes.Status404NotFound, "View not found");
        view.MapGet("/", DefinitionAsync)
            .WithName("GetView")
            .NotAudited("a definition, no patient data")
            .WithSummary("The ViewDefinition")
            .Produces<JsonText>(StatusCodes.Status200OK, Json)
            .WithExample(ViewExamples.Definition);
        view.MapPut("/", PutAsync)
            .RequireRole(AccessRole.Admin)
            .WithName("PutView")
            .Audited(AuditAction.Update)
            .WithSummary("Give the view a ViewDefinition; a run fills its table while readers see the old one")
            .Accepts<JsonText>(Json, "application/fhir+json")
            .Produces<ViewChangeResponse>()
            .Produces<ViewChangeResponse>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithExample(ViewExamples.Unchanged)
            .WithExample(ViewExamples.Building, StatusCodes.Status202Accepted)
            .WithErrorExample(StatusCodes.Status409Conflict, "the view patients comes with the platform: add ?replace=true to change it")
            .WithErrorExample(StatusCodes.Status422UnprocessableEntity, "select[0].column[2].type: datetime is no FHIR type");
        view.MapDelete("/", DeleteAsync)
            .RequireRole(AccessRole.Admin)
            .WithName("DeleteView")
            .Audited(AuditAction.Delete)
            .WithSummary("Remove a view and its table; where it replaced one of the platform's own views, that one comes back")
            .Produces<ViewChangeResponse>()
            .Produces<ViewChangeResponse>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithExample(ViewExamples.Deleted)
            .WithExample(ViewExamples.Building, StatusCodes.Status202Accepted)
            .WithErrorExample(StatusCodes.Status409Conflict, "the view patients comes with the platform and stays");
        view.MapPost("/rebuild", RebuildAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("RebuildView")
            .Audited(AuditAction.Execute)
            .WithSummary("Fill the view's table anew from the stored resources")
            .Produces<ViewChangeResponse>()
            .Produces<ViewChangeResponse>(StatusCodes.Status202Accepted)
            .WithExample(ViewExamples.Unchanged)
            .WithExample(ViewExamples.Building, StatusCodes.Status202Accepted);
        view.MapPost("/preview", PreviewAsync)
            .WithName("PreviewView")
            .Audited(AuditAction.Query)
            .WithSummary("The rows of the first stored resources, by the view or by the ViewDefinition in the body; nothing is written")
            .Accepts<JsonText>(isOptional: true, Json, "application/fhir+json")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithExample(ViewExamples.Preview)
            .WithErrorExample(
                StatusCodes.Status422UnprocessableEntity,
                "select[0].column[1].path: 'name.where(': unexpected end of the expression"
            );
        view.MapGet("/rows", RowsAsync)
            .WithName("ReadViewRows")
            .Audited(AuditAction.Export)
            .WithSummary("The rows of a view's table, all of them or the first ones, as they come")
            .Produces<JsonText>(StatusCodes.Status200OK, Json, ViewRowAnswer.Ndjson, ViewRowAnswer.Csv)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithErrorExample(StatusCodes.Status409Conflict, "The view cities is new, and run 44 fills its table: wait for its end")
            .WithExample(ViewExamples.Rows)
            .WithExample(ViewExamples.RowLines, contentType: ViewRowAnswer.Ndjson)
            .WithExample(ViewExamples.RowCsv, contentType: ViewRowAnswer.Csv)
            .WithErrorExample(StatusCodes.Status400BadRequest, "format must be json, csv or ndjson");
        view.MapPost("/rows/search", SearchAsync)
            .WithName("SearchViewRows")
            .Audited(AuditAction.Export)
            .WithSummary("The rows of a view's table that meet all filters, sorted; values are in the body, because an address is logged")
            .Produces<JsonText>(StatusCodes.Status200OK, ViewRowAnswer.Json, ViewRowAnswer.Ndjson, ViewRowAnswer.Csv)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithErrorExample(StatusCodes.Status409Conflict, "The view cities is new, and run 44 fills its table: wait for its end")
            .WithExample(ViewExamples.Rows)
            .WithExample(ViewExamples.RowLines, contentType: ViewRowAnswer.Ndjson)
            .WithExample(ViewExamples.RowCsv, contentType: ViewRowAnswer.Csv)
            .WithErrorExample(StatusCodes.Status400BadRequest, "birth_date is compared with a date, such as 2014, 2014-02 or 2014-02-07");
    }

    private static IViewQueryGrain Query(IGrainFactory grains) => grains.ViewQueries();

    private static async Task<Results<ContentHttpResult, ProblemHttpResult>> DefinitionAsync(string name, IGrainFactory grains) =>
        await Query(grains).GetDefinition(name) is { } definition
            ? TypedResults.Content(definition.Text, Json)
            : Problems.NotFound("View not found");

    private static async Task<IResult> PutAsync(
        string name,
        HttpContext http,
        IGrainFactory grains,
        [Description("Says on purpose that one of the platform's own views is changed")] bool replace = false
    ) => Answer(await grains.View(name).Put((await BodyAsync(http))!, replace));

    private static async Task<IResult> DeleteAsync(string name, IGrainFactory grains) =>
        await Query(grains).Find(name) is { } view ? Answer(await grains.View(view.Name).Delete()) : Problems.NotFound("View not found");

    private static async Task<IResult> RebuildAsync(string name, IGrainFactory grains) =>
        await Query(grains).Find(name) is { } view ? Answer(await grains.View(view.Name).Rebuild()) : Problems.NotFound("View not found");

    private static async Task<Results<Ok<ViewPreview>, ProblemHttpResult>> PreviewAsync(
        string name,
        HttpContext http,
        IGrainFactory grains,
        [Description("Resources to read, 1 to 200")] [Range(1, 200)] int limit = 20
    )
    {
        var result = await Query(grains).Preview(name, await BodyAsync(http), limit, http.RequestAborted);
        return result switch
        {
            { IsKnown: false } => Problems.NotFound("View not found"),
            { Reason: { } reason } => Unprocessable(reason),
            _ => TypedResults.Ok(result.Preview),
        };
    }

    private static Task<IResult> RowsAsync(
        string name,
        HttpContext http,
        IGrainFactory grains,
        [Description("All when absent")] [Range(0, int.MaxValue)] long? limit,
        [Description("json, csv or ndjson")] string format = "json"
    ) => ViewRowAnswer.CreateAsync(http, grains, name, format, limit, null);

    private static async Task<IResult> SearchAsync(string name, RowSearchRequest request, HttpContext http, IGrainFactory grains) =>
        request.Selection(out var problem) is { } selection
            ? await ViewRowAnswer.CreateAsync(http, grains, name, request.Format ?? "json", request.Limit, selection)
            : Problems.BadRequest(problem!);

    private static async Task<JsonText?> BodyAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        var text = await reader.ReadToEndAsync(http.RequestAborted);
        return text.Length == 0 && HttpMethods.IsPost(http.Request.Method) ? null : new JsonText(text);
    }

    private static IResult Answer(ViewChangeResult change) =>
        change.Outcome switch
        {
            ViewOutcome.Refused => Unprocessable(change.Reason!),
            ViewOutcome.BelongsToFile or ViewOutcome.NeedsReplace => Problems.Conflict(change.Reason!),
            ViewOutcome.Unknown => Problems.NotFound("View not found"),
            _ when change.RunId is { } run => TypedResults.Accepted($"/runs/{run}", ViewChangeResponse.From(change)),
            _ => TypedResults.Ok(ViewChangeResponse.From(change)),
        };

    private static ProblemHttpResult Unprocessable(string reason) =>
        Problems.Of(StatusCodes.Status422UnprocessableEntity, "Not a usable view", reason);
}

/// <summary>
/// A view and its table: the message <see cref="ViewInfo"/> with <c>run_id</c> only while a run fills it and <c>problem</c> only for a file
/// that is refused. <c>failures</c>: how many stored resources have no rows because the view fails on them, with examples.
/// </summary>
public sealed record ViewResponse(
    string Name,
    string? ResourceType,
    string Status,
    string Origin,
    string? RowsPerResource,
    ImmutableArray<ViewColumnInfo> Columns,
    DateTimeOffset? ChangedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? RunId,
    ImmutableArray<string> Warnings,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Problem,
    long Failures,
    ImmutableArray<ViewFailure> FailureExamples
)
{
    internal static ViewResponse From(ViewInfo v) =>
        new(
            v.Name,
            v.ResourceType,
            v.Status,
            v.Origin,
            v.RowsPerResource,
            v.Columns,
            v.ChangedAt,
            v.RunId,
            v.Warnings,
            v.Problem,
            v.Failures,
            v.FailureExamples
        );
}

/// <summary>
/// The message <see cref="ViewChangeResult"/> without the reason of a refusal, which is a problem. Outcome: <c>active</c>, <c>building</c>
/// (by run <c>run_id</c>), <c>unchanged</c> or <c>deleted</c>; <c>trial</c>: how the definition did on stored resources.
/// </summary>
public sealed record ViewChangeResponse(
    string Outcome,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? RunId,
    ViewResponse? View,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ViewTrial? Trial
)
{
    internal static ViewChangeResponse From(ViewChangeResult change) =>
        new(
            change.Outcome.ToString().ToLowerInvariant(),
            change.RunId,
            change.View is { } view ? ViewResponse.From(view) : null,
            change.Trial
        );
}

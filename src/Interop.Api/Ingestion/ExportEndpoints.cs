using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text;
using System.Text.Json.Serialization;
using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Http;
using Interop.Ingestion;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Ingestion;

/// <summary>Exports stored resources to a file on the silo's machine or as a stream.</summary>
public static class ExportEndpoints
{
    private const string Ndjson = "application/x-ndjson";

    public static void MapExports(this IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/export/{resource_type}", ExportAsync)
            .RequireRole(AccessRole.Operator)
            .WithTags("Export")
            .WithName("Export")
            .Audited(AuditAction.Export)
            .WithSummary("Write stored resources to a file; with Accept: application/x-ndjson, stream them")
            .Produces<ExportResponse>(StatusCodes.Status200OK, "application/json", Ndjson)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithExample(IngestionExamples.Export)
            .WithExample(IngestionExamples.ExportLines, contentType: Ndjson)
            .WithErrorExample(StatusCodes.Status400BadRequest, "include_raw and include_normalized must not both be false")
            .WithErrorExample(StatusCodes.Status404NotFound, "Unknown resource type");

    private static async Task<IResult> ExportAsync(
        HttpContext http,
        IGrainFactory grains,
        [FromRoute(Name = "resource_type")] string resourceType,
        [FromQuery(Name = "run_id")] long? runId,
        string? source,
        [Description("All when absent")] [Range(0, int.MaxValue)] long? limit,
        [FromQuery(Name = "include_raw")] bool includeRaw = true,
        [FromQuery(Name = "include_normalized")] bool includeNormalized = true,
        [Range(0, int.MaxValue)] long offset = 0
    )
    {
        if (!includeRaw && !includeNormalized)
            return Problems.BadRequest("include_raw and include_normalized must not both be false");
        var query = grains.IngestionQueries();
        if (!await query.IsKnownType(resourceType))
            return Problems.NotFound("Unknown resource type");
        if (runId is { } run && await query.GetSummary(run) is null)
            return Problems.NotFound("Run not found");

        var request = new ExportRequest(resourceType, runId, source, includeRaw, includeNormalized, offset, limit);
        if (http.Request.Headers.Accept.Any(a => a?.Contains(Ndjson, StringComparison.OrdinalIgnoreCase) ?? false))
            return TypedResults.Stream(stream => StreamAsync(query, request, stream, http.RequestAborted), Ndjson);

        ExportProgress? last = null;
        await foreach (var progress in grains.NewExport().Write(request, http.RequestAborted))
            last = progress;
        return TypedResults.Ok(
            new ExportResponse(resourceType, runId, last!.Count, includeRaw, includeNormalized, offset, limit, last.Path!)
        );
    }

    private static async Task StreamAsync(
        IIngestionQueryGrain query,
        ExportRequest request,
        Stream stream,
        CancellationToken cancellationToken
    )
    {
        string? cursor = null;
        do
        {
            var page = await query.ReadExport(request, cursor);
            await stream.WriteAsync(Encoding.UTF8.GetBytes(page.Lines), cancellationToken);
            cursor = page.NextCursor;
        } while (cursor is not null);
    }
}

/// <summary>The <see cref="ExportRequest"/> that was carried out, with the path of the file and the number of its lines.</summary>
public sealed record ExportResponse(
    string ResourceType,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] long? RunId,
    long Count,
    bool IncludeRaw,
    bool IncludeNormalized,
    long Offset,
    long? Limit,
    string Path
);

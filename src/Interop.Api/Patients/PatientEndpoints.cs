using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Http;
using Interop.Patients;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Patients;

/// <summary>The stored resources of a patient.</summary>
public static class PatientEndpoints
{
    private const int MaxResources = 500;

    public static void MapPatients(this IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/patients/{id}/resources", ListAsync)
            .RequireRole(AccessRole.Viewer)
            .WithTags("Reports")
            .WithName("PatientResources")
            .Audited(AuditAction.Query, patientParameter: "id")
            .WithExample(PatientExamples.Resources)
            .WithSummary("A patient's stored resources of all types, the newest first, in pages: next is the cursor of the next page")
            .ProducesProblem(StatusCodes.Status400BadRequest);

    private static async Task<Results<Ok<PatientResources>, ProblemHttpResult>> ListAsync(
        string id,
        IGrainFactory grains,
        string source = "default",
        [Description("Only resources of this type")] string? type = null,
        [Range(1, MaxResources)] int limit = 100,
        [Description("The member next of the page before")] string? cursor = null
    )
    {
        var after = cursor is null ? null : ResourceCursor.Read(cursor);
        if (cursor is not null && after is null)
            return Problems.BadRequest("cursor must be the member next of a page of this list");
        var page = await grains.GetQuery<IPatientQueryGrain>().ListResources(new PatientKey(source, id), type, limit, after);
        return TypedResults.Ok(new PatientResources(page.Resources, page.Next is null ? null : ResourceCursor.Write(page.Next)));
    }
}

/// <summary>A page of a patient's resources.</summary>
/// <param name="Next">The cursor of the next page; null: this is the last.</param>
public sealed record PatientResources(IReadOnlyList<PatientResource> Resources, string? Next);

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
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

/// <summary>Starts runs. The answer is the run's summary when it ends, or the run's id at once with <c>Prefer: respond-async</c>.</summary>
public static class IngestionEndpoints
{
    public static void MapIngestion(this IEndpointRouteBuilder routes)
    {
        var ingest = routes
            .MapGroup("/ingest")
            .WithTags("Ingestion")
            .RequireRole(AccessRole.Operator)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status500InternalServerError)
            .ProducesProblem(StatusCodes.Status502BadGateway)
            .ProducesProblem(StatusCodes.Status507InsufficientStorage)
            .WithExample(IngestionExamples.Summary)
            .WithExample(IngestionExamples.Accepted, StatusCodes.Status202Accepted)
            .WithErrorExample(StatusCodes.Status400BadRequest, "attempt must be a whole number, 1 or more, not '0'")
            .WithErrorExample(StatusCodes.Status404NotFound, "Unknown source 'clinic'");

        Map("/patients", "IngestPatients", "Ingest patients", "Patient", MissingPatients.Ignore);
        Map(
            "/observations",
            "IngestObservations",
            "Ingest observations; those of unknown patients become dead letters",
            "Observation",
            MissingPatients.DeadLetter
        );
        Map(
            "/observations/backfill",
            "BackfillObservations",
            "Ingest observations and fetch their missing patients first",
            "Observation",
            MissingPatients.Fetch
        );
        Map(
            "/encounters",
            "IngestEncounters",
            "Ingest encounters and fetch their missing patients first",
            "Encounter",
            MissingPatients.Fetch
        );
        Map(
            "/conditions",
            "IngestConditions",
            "Ingest conditions and fetch their missing patients first",
            "Condition",
            MissingPatients.Fetch
        );
        ingest
            .MapPost(
                "/{resourceType}",
                (string resourceType, [AsParameters] IngestQuery query, RunStarter runs, HttpContext http) =>
                    runs.StartAsync(http, resourceType, query, IngestedType.MissingPatientsOf(resourceType))
            )
            .WithName("IngestType")
            .Audited(AuditAction.Execute)
            .WithSummary("Ingest any R4 resource type")
            .Produces<RunSummaryResponse>()
            .Produces<RunAccepted>(StatusCodes.Status202Accepted);

        void Map(string path, string name, string summary, string resourceType, MissingPatients missing) =>
            ingest
                .MapPost(
                    path,
                    ([AsParameters] IngestQuery query, RunStarter runs, HttpContext http) =>
                        runs.StartAsync(http, resourceType, query, missing)
                )
                .WithName(name)
                .Audited(AuditAction.Execute)
                .WithSummary(summary)
                .Produces<RunSummaryResponse>()
                .Produces<RunAccepted>(StatusCodes.Status202Accepted);
    }
}

/// <summary>The query parameters of a run.</summary>
public sealed record IngestQuery(
    [property: Description("A source of the settings")] [FromQuery(Name = "source")] string? Source,
    [property: Description("Only this patient's resources; the checkpoint is neither read nor moved")]
    [FromQuery(Name = "patient_id")]
        string? PatientId,
    [property: Description("Ignore the checkpoint")] [FromQuery(Name = "full")] bool? Full,
    [FromQuery(Name = "job")] string? Job,
    [FromQuery(Name = "trigger")] string? Trigger,
    [property: Range(1, int.MaxValue)] [FromQuery(Name = "attempt")] int? Attempt,
    [property: Range(1, int.MaxValue)] [FromQuery(Name = "max_attempts")] int? MaxAttempts,
    [FromQuery(Name = "run_group")] string? RunGroup,
    [FromQuery(Name = "airflow_dag_id")] string? AirflowDagId,
    [FromQuery(Name = "airflow_task_id")] string? AirflowTaskId,
    [FromQuery(Name = "airflow_run_id")] string? AirflowRunId,
    [property: Description("The server of the source has moved: its new base URL replaces the old one")]
    [FromQuery(Name = "adopt")]
        bool? Adopt,
    [property: Description(
        "Where the resources come from: search, bulk ($export), history, auto, or reconcile (compares the server's ids with the stored ones); the default is the source's setting"
    )]
    [FromQuery(Name = "mode")]
        string? Mode,
    [property: Description(
        "Into how many periods that are read at the same time a search for everything is split; the default is the source's setting"
    )]
    [property: Range(1, 32)]
    [FromQuery(Name = "partitions")]
        int? Partitions = null
)
{
    internal RunMeta Meta => new(Job, Trigger, Attempt, MaxAttempts, RunGroup, AirflowDagId, AirflowTaskId, AirflowRunId);

    internal string? Problem(string resourceType) =>
        this switch
        {
            { PatientId: "" } => "patient_id must not be empty",
            { PatientId: not null } when resourceType == "Patient" => "patient_id does not apply to patients",
            { Mode: { } mode } when !RunMode.OfServers.Contains(mode) =>
                $"mode must be one of {string.Join(", ", RunMode.OfServers)}, not '{mode}'",
            { Partitions: not null, PatientId: not null } => "partitions do not go with patient_id",
            { PatientId: not null, Mode: not (null or RunMode.Search) } => "patient_id goes with mode=search only",
            _ => null,
        };
}

/// <summary>A run that continues after the answer.</summary>
/// <param name="Reason">Why the answer does not wait for the end although the caller did not ask for that.</param>
public sealed record RunAccepted(
    long RunId,
    string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason = null
);

using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Reflection;
using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Http;
using Interop.Api.Uploads;
using Interop.Uploads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Tm2;

/// <summary>TM2 files for OpenMRS, with the bodies of the documented system.</summary>
public static class Tm2Endpoints
{
    private const int MostErrors = 50;
    private static readonly string Version =
        typeof(Tm2Endpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    public static void MapTm2(this IEndpointRouteBuilder routes)
    {
        var tm2 = routes.MapGroup("").WithTags("TM2").RequireRole(AccessRole.Viewer);
        foreach (var (prefix, suffix) in ((string, string)[])[("", ""), ("/api/v1", "V1")])
        {
            tm2.MapPost($"{prefix}/ingest/trigger", TriggerAsync)
                .RequireRole(AccessRole.Operator)
                .WithName($"TriggerTm2{suffix}")
                .Audited(AuditAction.Import)
                .Audited(AuditAction.Import)
                .WithMetadata(new OwnBodyLimit(), new OwnNulCheck())
                .WithSummary(
                    "Store the records of a TM2 file and submit them to OpenMRS; multipart field 'file'; wait=false answers at once"
                )
                .Produces<TriggerResponse>()
                .Produces<TriggerResponse>(StatusCodes.Status202Accepted)
                .Produces<Tm2ErrorResponse>(StatusCodes.Status400BadRequest)
                .Produces<Tm2ErrorResponse>(StatusCodes.Status413PayloadTooLarge)
                .Produces<TriggerResponse>(StatusCodes.Status422UnprocessableEntity)
                .WithExample(Tm2Examples.Triggered)
                .WithExample(Tm2Examples.Accepted, StatusCodes.Status202Accepted)
                .WithExample(Tm2Examples.WrongType, StatusCodes.Status400BadRequest)
                .WithExample(Tm2Examples.TooLarge, StatusCodes.Status413PayloadTooLarge)
                .WithExample(Tm2Examples.Refused, StatusCodes.Status422UnprocessableEntity);
            tm2.MapGet($"{prefix}/status", StatusAsync)
                .WithName($"Tm2Status{suffix}")
                .NotAudited("counters, no patient data")
                .NotAudited("counters, no patient data")
                .WithSummary("The state of the service, the database and OpenMRS")
                .WithExample(Tm2Examples.Status);
        }
        var file = tm2.MapGroup("/tm2/files/{processingId:guid}").ProducesProblem(StatusCodes.Status404NotFound);
        file.MapGet("/", GetAsync)
            .WithName("GetTm2File")
            .NotAudited("counters, no patient data")
            .WithSummary("The state of a TM2 file")
            .WithExample(Tm2Examples.Triggered);
        file.MapGet("/records", RecordsAsync)
            .WithName("ListTm2Records")
            .Audited(AuditAction.Query)
            .WithSummary("Records of a TM2 file in the order of their lines")
            .WithExample(Tm2Examples.Records);
        file.MapGet(
                "/failures",
                async (Guid processingId, HttpContext http, IGrainFactory grains) =>
                    await FindAsync(grains, processingId) is { } found
                        ? FailureAnswer.Create(http, grains, found)
                        : Problems.NotFound("TM2 file not found")
            )
            .WithName("DownloadTm2Failures")
            .Audited(AuditAction.Export)
            .WithSummary("The failed and invalid records as CSV, with the reasons; corrected, the file can be sent again")
            .Produces<string>(StatusCodes.Status200OK, FailureAnswer.Csv)
            .WithExample(Tm2Examples.Failures, contentType: FailureAnswer.Csv);
        file.MapPost("/retry", RetryAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("RetryTm2File")
            .Audited(AuditAction.Execute)
            .WithSummary("Submit failed and pending records again")
            .WithExample(Tm2Examples.Accepted);
        file.MapPost("/cancel", CancelAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("CancelTm2File")
            .Audited(AuditAction.Execute)
            .WithSummary("End the submission; what was submitted stays")
            .WithExample(Tm2Examples.Triggered);
    }

    private static async Task<IResult> TriggerAsync(HttpContext http, IGrainFactory grains, TimeProvider time, bool wait = true)
    {
        var started = time.GetTimestamp();
        var received = await FileReceiver.ReceiveAsync(http, grains, FileKind.Tm2, null, ".csv", http.RequestAborted);
        switch (received.Problem)
        {
            case ReceiveProblem.NoPart or ReceiveProblem.NoFile:
                return Failure(
                    http,
                    time,
                    StatusCodes.Status400BadRequest,
                    "MISSING_FILE",
                    "ValidationError",
                    "The request has no file",
                    "send a multipart form with the field 'file'"
                );
            case ReceiveProblem.WrongType:
                return Failure(
                    http,
                    time,
                    StatusCodes.Status400BadRequest,
                    "INVALID_FILE_TYPE",
                    "ValidationError",
                    "Only .csv files are accepted",
                    received.Filename
                );
            case ReceiveProblem.Refused when received.Refusal!.Reason == FileRefusalReason.TooLarge:
                return Failure(
                    http,
                    time,
                    StatusCodes.Status413PayloadTooLarge,
                    "FILE_TOO_LARGE",
                    "ValidationError",
                    "The file is too large",
                    received.Refusal.Message
                );
            case ReceiveProblem.Refused when received.Refusal!.Reason is FileRefusalReason.Encoding or FileRefusalReason.Parse:
                return Failure(
                    http,
                    time,
                    StatusCodes.Status400BadRequest,
                    received.Refusal.Reason == FileRefusalReason.Encoding ? "INVALID_ENCODING" : "INVALID_CSV",
                    "ValidationError",
                    "The file cannot be read",
                    $"{received.Refusal.Message} (line {received.Refusal.Line})"
                );
            case ReceiveProblem.Refused:
                return TypedResults.Json(Refused(http, time, received), statusCode: StatusCodes.Status422UnprocessableEntity);
        }

        var file = grains.GetGrain<IFileGrain>(received.FileId);
        var progress = (await file.Find())!;
        if (wait)
        {
            await foreach (var next in file.Follow(http.RequestAborted))
                progress = next;
        }
        var answer = await AnswerAsync(http, grains, time, progress, time.GetElapsedTime(started));
        return !wait || FileStatus.IsActive(progress.Status)
            ? TypedResults.Json(answer, statusCode: StatusCodes.Status202Accepted)
            : TypedResults.Ok(answer);
    }

    private static async Task<TriggerResponse> AnswerAsync(
        HttpContext http,
        IGrainFactory grains,
        TimeProvider time,
        FileProgress progress,
        TimeSpan elapsed
    )
    {
        var errors = ImmutableArray.CreateBuilder<string>();
        foreach (var status in (string[])[RowStatus.Invalid, RowStatus.Failed])
        {
            if (errors.Count < MostErrors && (status == RowStatus.Invalid ? progress.Invalid : progress.Failed) > 0)
                errors.AddRange(
                    (await grains.GetQuery<IFileQueryGrain>().ListRows(progress.FileId, status, 0, MostErrors)).Select(row =>
                        $"line {row.Line}: {row.Error}"
                    )
                );
        }
        if (progress.Error is { } error)
            errors.Insert(0, error);
        var (outcome, message) = Outcome(progress);
        return new TriggerResponse(
            outcome != "failed",
            message,
            time.GetUtcNow(),
            http.TraceIdentifier,
            progress.FileId,
            progress.Filename,
            outcome,
            Tm2Summary.From(progress, errors.ToImmutable()),
            elapsed.TotalSeconds
        );
    }

    private static (string Status, string Message) Outcome(FileProgress p) =>
        p.Status switch
        {
            FileStatus.Receiving or FileStatus.Running => ("processing", "The records are being submitted"),
            FileStatus.Waiting => ("partial", p.Error ?? "The records are stored and stay pending"),
            FileStatus.Failed => (p.Succeeded > 0 ? "partial" : "failed", p.Error ?? "The submission failed"),
            _ when p.Invalid == p.Rows || (p.Failed > 0 && p.Succeeded == 0) => ("failed", "No record was submitted"),
            _ when p.Invalid + p.Failed > 0 || p.Status == FileStatus.Cancelled => ("partial", "Some records were not submitted"),
            _ => ("completed", "All records were submitted"),
        };

    private static TriggerResponse Refused(HttpContext http, TimeProvider time, ReceivedFile received)
    {
        var message =
            received.Refusal!.Reason == FileRefusalReason.MissingColumns
                ? $"Missing columns: {received.Refusal.Message}"
                : received.Refusal.Message;
        return new TriggerResponse(
            false,
            message,
            time.GetUtcNow(),
            http.TraceIdentifier,
            received.FileId,
            received.Filename,
            "failed",
            Tm2Summary.Nothing with
            {
                Errors = [message],
            },
            0
        );
    }

    private static JsonHttpResult<Tm2ErrorResponse> Failure(
        HttpContext http,
        TimeProvider time,
        int status,
        string code,
        string type,
        string message,
        string details
    ) =>
        TypedResults.Json(
            new Tm2ErrorResponse(false, message, time.GetUtcNow(), http.TraceIdentifier, new Tm2Error(code, type, message, details)),
            statusCode: status
        );

    private static async Task<Ok<Tm2StatusResponse>> StatusAsync(HttpContext http, IGrainFactory grains, TimeProvider time)
    {
        var query = grains.GetQuery<IFileQueryGrain>();
        var totals = await query.GetTotals(FileKind.Tm2);
        var openMrs = await query.GetOpenMrs();
        using var process = Process.GetCurrentProcess();
        return TypedResults.Ok(
            new Tm2StatusResponse(
                true,
                "The service is running",
                time.GetUtcNow(),
                http.TraceIdentifier,
                "running",
                Version,
                Environment.GetEnvironmentVariable("ENVIRONMENT") ?? "production",
                (time.GetUtcNow() - process.StartTime.ToUniversalTime()).TotalSeconds,
                new Tm2ProcessingStatistics(totals.Files, totals.Rows, totals.Invalid, totals.Duplicates),
                new Tm2DatabaseStatistics(
                    "connected",
                    totals.Rows - totals.Invalid - totals.Duplicates,
                    totals.Succeeded,
                    totals.Failed,
                    totals.Pending
                ),
                new Tm2OpenMrsStatistics(
                    openMrs.BaseUrl,
                    openMrs.IsReachable,
                    openMrs.Requests,
                    totals.Succeeded,
                    totals.Failed,
                    openMrs.PatientsCreated
                )
            )
        );
    }

    private static async Task<Results<Ok<TriggerResponse>, ProblemHttpResult>> GetAsync(
        Guid processingId,
        HttpContext http,
        IGrainFactory grains,
        TimeProvider time
    ) => await FileAsync(http, grains, time, await FindAsync(grains, processingId));

    private static async Task<Results<Ok<TriggerResponse>, ProblemHttpResult>> RetryAsync(
        Guid processingId,
        HttpContext http,
        IGrainFactory grains,
        TimeProvider time
    ) =>
        await FileAsync(
            http,
            grains,
            time,
            await FindAsync(grains, processingId) is null ? null : await grains.GetGrain<IFileGrain>(processingId).Retry()
        );

    private static async Task<Results<Ok<TriggerResponse>, ProblemHttpResult>> CancelAsync(
        Guid processingId,
        HttpContext http,
        IGrainFactory grains,
        TimeProvider time
    ) =>
        await FileAsync(
            http,
            grains,
            time,
            await FindAsync(grains, processingId) is null ? null : await grains.GetGrain<IFileGrain>(processingId).Cancel()
        );

    private static async Task<Results<Ok<IEnumerable<RowResponse>>, ProblemHttpResult>> RecordsAsync(
        Guid processingId,
        IGrainFactory grains,
        string? status,
        [FromQuery(Name = "after")] long afterLine = 0,
        [Description("1 to 5000")] [Range(1, 5000)] int limit = 500
    )
    {
        if (await FindAsync(grains, processingId) is null)
            return Problems.NotFound("TM2 file not found");
        var rows = await grains
            .GetQuery<IFileQueryGrain>()
            .ListRows(processingId, status == "submitted" ? RowStatus.Succeeded : status, afterLine, limit);
        return TypedResults.Ok(
            rows.Select(row => RowResponse.From(row.Status == RowStatus.Succeeded ? row with { Status = "submitted" } : row))
        );
    }

    private static async Task<FileProgress?> FindAsync(IGrainFactory grains, Guid processingId) =>
        await grains.GetGrain<IFileGrain>(processingId).Find() is { Kind: FileKind.Tm2 } found ? found : null;

    private static async Task<Results<Ok<TriggerResponse>, ProblemHttpResult>> FileAsync(
        HttpContext http,
        IGrainFactory grains,
        TimeProvider time,
        FileProgress? progress
    ) =>
        progress is null
            ? Problems.NotFound("TM2 file not found")
            : TypedResults.Ok(
                await AnswerAsync(http, grains, time, progress, (progress.FinishedAt ?? time.GetUtcNow()) - progress.StartedAt)
            );
}

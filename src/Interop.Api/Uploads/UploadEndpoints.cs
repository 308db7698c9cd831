using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Interop.Access;
using Interop.Api.Access;
using Interop.Api.Http;
using Interop.Uploads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Uploads;

/// <summary>CSV files of patients for a FHIR server.</summary>
public static class UploadEndpoints
{
    private const int PreviewBytes = 256 * 1024;

    public static void MapUploads(this IEndpointRouteBuilder routes)
    {
        var uploads = routes.MapGroup("").WithTags("Uploads").RequireRole(AccessRole.Viewer);
        var writing = uploads
            .MapGroup("")
            .RequireRole(AccessRole.Operator)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithMetadata(new OwnBodyLimit(), new OwnNulCheck());
        writing
            .MapPost("/upload-csv", UploadAsync)
            .WithName("UploadCsv")
            .Audited(AuditAction.Import)
            .WithSummary("Store the rows of a CSV file and write them to the FHIR server; multipart field 'file'")
            .WithExample(UploadExamples.Accepted)
            .WithErrorExample(StatusCodes.Status422UnprocessableEntity, "Missing columns: CPF");
        writing
            .MapPost("/upload-csv/preview", PreviewAsync)
            .WithName("PreviewCsv")
            .Audited(AuditAction.Read)
            .WithSummary("The first rows of a CSV file, mapped and checked; nothing is stored")
            .WithExample(UploadExamples.Preview);

        var upload = uploads.MapGroup("/uploads/{fileId:guid}").ProducesProblem(StatusCodes.Status404NotFound);
        upload
            .MapGet("/", GetAsync)
            .WithName("GetUpload")
            .NotAudited("counters, no patient data")
            .WithSummary("The state of an uploaded file")
            .WithExample(UploadExamples.State);
        upload
            .MapGet("/rows", RowsAsync)
            .WithName("ListUploadRows")
            .Audited(AuditAction.Query)
            .WithSummary("Rows of an uploaded file in the order of their lines")
            .WithExample(UploadExamples.Rows);
        upload
            .MapGet("/failures", FailuresAsync)
            .WithName("DownloadUploadFailures")
            .Audited(AuditAction.Export)
            .WithSummary("The failed and invalid rows as CSV, with the reasons; corrected, the file can be sent again")
            .Produces<string>(StatusCodes.Status200OK, FailureAnswer.Csv)
            .WithExample(UploadExamples.Failures, contentType: FailureAnswer.Csv);
        upload
            .MapGet("/events", EventsAsync)
            .WithName("FollowUpload")
            .NotAudited("counters, no patient data")
            .WithSummary("The progress of an uploaded file as server-sent events")
            .Produces<UploadResponse>(StatusCodes.Status200OK, "text/event-stream")
            .WithExample(UploadExamples.Events, contentType: "text/event-stream");
        upload
            .MapPost("/retry", RetryAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("RetryUpload")
            .Audited(AuditAction.Execute)
            .WithSummary("Submit failed rows again")
            .WithExample(UploadExamples.State);
        upload
            .MapPost("/cancel", CancelAsync)
            .RequireRole(AccessRole.Operator)
            .WithName("CancelUpload")
            .Audited(AuditAction.Execute)
            .WithSummary("End the submission; what was written stays")
            .WithExample(UploadExamples.State);
    }

    internal static ProblemHttpResult Refused(FileRefusal refusal) =>
        refusal.Reason switch
        {
            FileRefusalReason.MissingColumns => Error(
                StatusCodes.Status422UnprocessableEntity,
                "Unprocessable",
                $"Missing columns: {refusal.Message}",
                null,
                null
            ),
            FileRefusalReason.UnknownProfile => Error(
                StatusCodes.Status422UnprocessableEntity,
                "Unprocessable",
                refusal.Message,
                null,
                null
            ),
            FileRefusalReason.TooLarge => Error(StatusCodes.Status413PayloadTooLarge, "Too large", refusal.Message, null, null),
            FileRefusalReason.Encoding => Error(
                StatusCodes.Status400BadRequest,
                "Bad request",
                "File encoding error",
                refusal.Line,
                refusal.Message
            ),
            _ => Error(StatusCodes.Status400BadRequest, "Bad request", "Failed to parse CSV file", refusal.Line, refusal.Message),
        };

    private static ProblemHttpResult Error(int status, string title, string error, long? line, string? reason)
    {
        List<(string, object)> extensions = [("error", error)];
        if (line is { } number)
            extensions.Add(("line", number));
        return Problems.Of(
            status,
            title,
            reason is null ? error : $"{error}: {reason}{(line is null ? "" : $" (line {line})")}",
            [.. extensions]
        );
    }

    private static async Task<Results<Ok<UploadAccepted>, ProblemHttpResult>> UploadAsync(
        HttpContext http,
        IGrainFactory grains,
        string? profile
    )
    {
        var received = await FileReceiver.ReceiveAsync(http, grains, FileKind.Fhir, profile, null, http.RequestAborted);
        return received.Problem switch
        {
            ReceiveProblem.None => TypedResults.Ok(new UploadAccepted(received.FileId)),
            ReceiveProblem.NoPart => Error(StatusCodes.Status400BadRequest, "Bad request", "No file part", null, null),
            ReceiveProblem.NoFile => Error(StatusCodes.Status400BadRequest, "Bad request", "No selected file", null, null),
            _ => Refused(received.Refusal!),
        };
    }

    private static async Task<Results<Ok<PreviewResponse>, ProblemHttpResult>> PreviewAsync(
        HttpContext http,
        IGrainFactory grains,
        string? profile
    )
    {
        if (await FileReceiver.FindPartAsync(http, http.RequestAborted) is not { } part)
            return Error(StatusCodes.Status400BadRequest, "Bad request", "No file part", null, null);
        var bytes = new byte[PreviewBytes];
        var read = await part.Body.ReadAtLeastAsync(bytes, PreviewBytes, throwOnEndOfStream: false, http.RequestAborted);
        // A part of a row at the end would look like a bad one.
        var end = read == PreviewBytes ? bytes.AsSpan(0, read).LastIndexOf((byte)'\n') + 1 : read;
        var preview = await grains.GetQuery<IFileQueryGrain>().Preview(FileKind.Fhir, new FileChunk(bytes.AsMemory(0, end)), profile);
        return preview.Refusal is { } refusal ? Refused(refusal) : TypedResults.Ok(new PreviewResponse(preview.Rows));
    }

    private static async Task<Results<Ok<UploadResponse>, ProblemHttpResult>> GetAsync(Guid fileId, IGrainFactory grains) =>
        Answer(await FindAsync(grains, fileId));

    private static async Task<Results<Ok<IEnumerable<RowResponse>>, ProblemHttpResult>> RowsAsync(
        Guid fileId,
        IGrainFactory grains,
        string? status,
        [FromQuery(Name = "after")] long afterLine = 0,
        [Description("1 to 5000")] [Range(1, 5000)] int limit = 500
    ) =>
        await FindAsync(grains, fileId) is null
            ? Problems.NotFound("Upload not found")
            : TypedResults.Ok(
                (await grains.GetQuery<IFileQueryGrain>().ListRows(fileId, status, afterLine, limit)).Select(RowResponse.From)
            );

    private static async Task<IResult> FailuresAsync(Guid fileId, HttpContext http, IGrainFactory grains) =>
        await FindAsync(grains, fileId) is { } file ? FailureAnswer.Create(http, grains, file) : Problems.NotFound("Upload not found");

    private static async Task<IResult> EventsAsync(Guid fileId, IGrainFactory grains, CancellationToken cancellationToken) =>
        await FindAsync(grains, fileId) is null
            ? Problems.NotFound("Upload not found")
            : TypedResults.ServerSentEvents(FollowAsync(fileId, grains, cancellationToken));

    private static async IAsyncEnumerable<SseItem<UploadResponse>> FollowAsync(
        Guid fileId,
        IGrainFactory grains,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (var progress in grains.GetGrain<IFileGrain>(fileId).Follow(cancellationToken))
            yield return new SseItem<UploadResponse>(
                UploadResponse.From(progress),
                FileStatus.IsActive(progress.Status) ? "progress" : "end"
            );
    }

    private static async Task<Results<Ok<UploadResponse>, ProblemHttpResult>> RetryAsync(Guid fileId, IGrainFactory grains) =>
        Answer(await FindAsync(grains, fileId) is null ? null : await grains.GetGrain<IFileGrain>(fileId).Retry());

    private static async Task<Results<Ok<UploadResponse>, ProblemHttpResult>> CancelAsync(Guid fileId, IGrainFactory grains) =>
        Answer(await FindAsync(grains, fileId) is null ? null : await grains.GetGrain<IFileGrain>(fileId).Cancel());

    private static async Task<FileProgress?> FindAsync(IGrainFactory grains, Guid fileId) =>
        await grains.GetGrain<IFileGrain>(fileId).Find() is { Kind: FileKind.Fhir } found ? found : null;

    private static Results<Ok<UploadResponse>, ProblemHttpResult> Answer(FileProgress? progress) =>
        progress is null ? Problems.NotFound("Upload not found") : TypedResults.Ok(UploadResponse.From(progress));
}

/// <summary>All rows of the file are stored.</summary>
public sealed record UploadAccepted(Guid FileId);

/// <summary>The first rows of a file: the message <see cref="FilePreview"/> without its refusal, which is a problem.</summary>
public sealed record PreviewResponse(ImmutableArray<PreviewRow> Rows);

/// <summary>
/// The state of an uploaded file: the message <see cref="FileProgress"/> in the documented form, in which <c>failed</c> counts the invalid
/// rows too.
/// </summary>
public sealed record UploadResponse(
    Guid FileId,
    string Filename,
    string Status,
    long Rows,
    long Pending,
    long Succeeded,
    long Failed,
    long Invalid,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    string? Error,
    ImmutableArray<string> UnknownTerms
)
{
    internal static UploadResponse From(FileProgress p) =>
        new(
            p.FileId,
            p.Filename,
            p.Status,
            p.Rows,
            p.Pending,
            p.Succeeded,
            p.Failed + p.Invalid,
            p.Invalid,
            p.StartedAt,
            p.FinishedAt,
            p.Error,
            p.UnknownTerms
        );
}

/// <summary>A row of an uploaded file.</summary>
/// <param name="Outcome">The ids on the upstream.</param>
public sealed record RowResponse(long Line, string Status, string? Error, JsonText? Outcome, long Attempts)
{
    internal static RowResponse From(RowState row) =>
        new(row.Line, row.Status, row.Error, row.Outcome is { } ids ? new JsonText(ids) : null, row.Attempts);
}

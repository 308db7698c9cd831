using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Interop.Uploads;

namespace Interop.Api.Tm2;

/// <summary>What became of a TM2 file.</summary>
public sealed record TriggerResponse(
    bool Success,
    string Message,
    DateTimeOffset Timestamp,
    string RequestId,
    Guid ProcessingId,
    string Filename,
    string Status,
    Tm2Summary Summary,
    double ProcessingTimeSeconds
);

/// <summary>Counted records. validated + validation_errors = total; stored + duplicates + storage_errors = validated; submitted +
/// submission_errors + pending = stored.</summary>
public sealed record Tm2Summary(
    long TotalRecords,
    long ProcessedRecords,
    long ValidatedRecords,
    long StoredRecords,
    long SubmittedRecords,
    long DuplicateRecords,
    long PendingRecords,
    long ValidationErrors,
    long StorageErrors,
    long SubmissionErrors,
    ImmutableArray<string> Errors
)
{
    internal static Tm2Summary Nothing { get; } = new(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, []);

    internal static Tm2Summary From(FileProgress p, ImmutableArray<string> errors) =>
        new(
            p.Rows,
            p.Rows - p.Pending,
            p.Rows - p.Invalid,
            p.Rows - p.Invalid - p.Duplicates,
            p.Succeeded,
            p.Duplicates,
            p.Pending,
            p.Invalid,
            0,
            p.Failed,
            errors
        );
}

/// <summary>A request that was not carried out.</summary>
public sealed record Tm2ErrorResponse(bool Success, string Message, DateTimeOffset Timestamp, string RequestId, Tm2Error Error);

/// <summary>Why a request was not carried out.</summary>
public sealed record Tm2Error(string ErrorCode, string ErrorType, string Message, string Details);

/// <summary>The state of the service.</summary>
public sealed record Tm2StatusResponse(
    bool Success,
    string Message,
    DateTimeOffset Timestamp,
    string RequestId,
    string ServiceStatus,
    string Version,
    string Environment,
    double UptimeSeconds,
    Tm2ProcessingStatistics ProcessingStatistics,
    Tm2DatabaseStatistics DatabaseStatistics,
    [property: JsonPropertyName("openmrs_statistics")] Tm2OpenMrsStatistics OpenMrsStatistics
);

/// <summary>Files and their records.</summary>
public sealed record Tm2ProcessingStatistics(long Files, long TotalRecords, long ValidationErrors, long DuplicateRecords);

/// <summary>Stored records.</summary>
public sealed record Tm2DatabaseStatistics(string ConnectionStatus, long Total, long Submitted, long Failed, long Pending);

/// <summary>The OpenMRS server and what was sent to it.</summary>
public sealed record Tm2OpenMrsStatistics(
    string? BaseUrl,
    bool Reachable,
    long RequestsMade,
    long SuccessfulSubmissions,
    long FailedSubmissions,
    long PatientsCreated
);

using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Interop.Ingestion;

/// <summary>Reads runs, dead letters and checkpoints for the front end.</summary>
[Alias("Interop.IIngestionQueryGrain")]
public interface IIngestionQueryGrain : IQueryGrain
{
    /// <summary>Runs, newest first.</summary>
    [Alias("ListRuns")]
    Task<ImmutableArray<RunListItem>> ListRuns(RunFilter filter);

    /// <summary>What an overview shows: the active runs, the newest runs of each type, and the open dead letters.</summary>
    /// <param name="runsPerType">How many runs of each type; at most 50.</param>
    [Alias("GetActivity")]
    Task<IngestionActivity> GetActivity(int runsPerType);

    /// <summary>Counts over all runs and dead letters.</summary>
    [Alias("GetMetrics")]
    Task<RunMetrics> GetMetrics();

    /// <summary>Everything that is known of one run; null when there is no such run.</summary>
    [Alias("GetRun")]
    Task<RunDetail?> GetRun(long runId);

    /// <summary>The processes that worked on a run, its replays, and its open dead letters; null when there is no such run.</summary>
    [Alias("GetHistory")]
    Task<RunHistory?> GetHistory(long runId);

    /// <summary>What the caller of a run gets when it ends; null when there is no such run.</summary>
    [Alias("GetSummary")]
    Task<RunSummary?> GetSummary(long runId);

    /// <summary>A run's dead letters, newest first; null when there is no such run.</summary>
    [Alias("ListDeadLetters")]
    Task<ImmutableArray<DeadLetter>?> ListDeadLetters(long runId, string? stage, int limit, bool includeRaw);

    /// <summary>One dead letter with its raw JSON; null when there is none.</summary>
    [Alias("FindDeadLetter")]
    Task<DeadLetter?> FindDeadLetter(long id);

    /// <summary>All checkpoints.</summary>
    [Alias("ListCheckpoints")]
    Task<ImmutableArray<Checkpoint>> ListCheckpoints();

    /// <summary>Whether R4 has this resource type.</summary>
    [Alias("IsKnownType")]
    Task<bool> IsKnownType(string resourceType);

    /// <summary>The public keys by which sources with signed assertions (SMART Backend Services) recognise this client: a JSON Web Key
    /// Set.</summary>
    [Alias("GetPublicKeys")]
    Task<JsonText> GetPublicKeys();

    /// <summary>The next lines of an export, at most 1 MiB of them.</summary>
    /// <param name="request">What to export.</param>
    /// <param name="cursor">The <see cref="ExportPage.NextCursor"/> of the page before; null for the first page.</param>
    [Alias("ReadExport")]
    Task<ExportPage> ReadExport(ExportRequest request, string? cursor);
}

/// <summary>Which runs to list; null members filter nothing.</summary>
/// <param name="Limit">1 to 200.</param>
/// <param name="Before">Only runs that are older than this one: the last run of the page before.</param>
[GenerateSerializer, Immutable, Alias("Interop.RunFilter")]
public sealed record RunFilter(
    string? ResourceType,
    string? Source,
    string? Status,
    string? Job,
    string? Trigger,
    DateTimeOffset? Since,
    DateTimeOffset? Until,
    bool IncludeDetails,
    int Limit,
    long? Before = null
);

/// <summary>A run in a list.</summary>
/// <param name="DurationSeconds">Null while the run is active.</param>
/// <param name="Details">Null unless the filter asks for it.</param>
/// <param name="Progress">How far the run is, and what it did.</param>
[GenerateSerializer, Immutable, Alias("Interop.RunListItem")]
public sealed record RunListItem(
    long RunId,
    string ResourceType,
    string Source,
    string Status,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    double? DurationSeconds,
    JsonText? Details,
    RunProgress? Progress = null
);

/// <summary>The present and recent runs.</summary>
/// <param name="Active">The runs that are active.</param>
/// <param name="Latest">The newest runs of each source and type, newest first.</param>
/// <param name="OpenDeadLetters">How many dead letters are not resolved, by stage.</param>
[GenerateSerializer, Immutable, Alias("Interop.IngestionActivity")]
public sealed record IngestionActivity(
    ImmutableArray<RunListItem> Active,
    ImmutableArray<RunListItem> Latest,
    ImmutableSortedDictionary<string, long> OpenDeadLetters
);

/// <summary>Counts over all runs and dead letters.</summary>
[GenerateSerializer, Immutable, Alias("Interop.RunMetrics")]
public sealed record RunMetrics(
    long Total,
    ImmutableSortedDictionary<string, long> ByStatus,
    ImmutableSortedDictionary<string, long> ByResourceType,
    ImmutableSortedDictionary<string, long> DeadlettersByStage
);

/// <summary>How far a run has come.</summary>
/// <param name="Total">How many resources the server says the search has; null when it does not say.</param>
[GenerateSerializer, Immutable, Alias("Interop.ProgressDetail")]
public sealed record ProgressDetail(long Pages, long Fetched, long? Total, double ResourcesPerSecond);

/// <summary>How many dead letters a run has.</summary>
[GenerateSerializer, Immutable, Alias("Interop.DeadLetterCounts")]
public sealed record DeadLetterCounts(long Total, ImmutableSortedDictionary<string, long> ByStage);

/// <summary>Everything about one run.</summary>
/// <param name="Details">What has no member of its own: the caller's words about the run, warnings, the error.</param>
/// <param name="DeadletterSample">The newest dead letters, at most 25.</param>
[GenerateSerializer, Immutable, Alias("Interop.RunDetail")]
public sealed record RunDetail(
    long RunId,
    string ResourceType,
    string Source,
    string Status,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    double? DurationSeconds,
    JsonText Details,
    DateTimeOffset? CheckpointBefore,
    DateTimeOffset? CheckpointAfter,
    RunCounters Counters,
    ProgressDetail Progress,
    DeadLetterCounts Deadletters,
    ImmutableArray<DeadLetter> DeadletterSample,
    long? ReplayOfRunId
);

/// <summary>The course of a run.</summary>
/// <param name="Attempts">The processes that worked on it, oldest first: more than one when it was interrupted.</param>
/// <param name="Replays">The runs that replayed its dead letters, oldest first.</param>
/// <param name="OpenDeadLetters">How many of its dead letters are not resolved, by stage.</param>
[GenerateSerializer, Immutable, Alias("Interop.RunHistory")]
public sealed record RunHistory(
    ImmutableArray<RunAttempt> Attempts,
    ImmutableArray<RunListItem> Replays,
    ImmutableSortedDictionary<string, long> OpenDeadLetters
);

/// <param name="Epoch">The fencing token of the attempt.</param>
/// <param name="Owner">The process.</param>
[GenerateSerializer, Immutable, Alias("Interop.RunAttempt")]
public sealed record RunAttempt(long Epoch, string Owner, DateTimeOffset ClaimedAt);

/// <summary>A resource that could not be validated, transformed or loaded.</summary>
/// <param name="Issues">The validator's issues, as a JSON array.</param>
/// <param name="Raw">The resource as received, a JSON string when it is not JSON; null unless asked for.</param>
[GenerateSerializer, Immutable, Alias("Interop.DeadLetter")]
public sealed record DeadLetter(
    long Id,
    string ResourceType,
    string? ResourceId,
    string Stage,
    string Error,
    JsonText Issues,
    DateTimeOffset CreatedAt,
    bool Resolved,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonText? Raw
);

/// <summary>The patients that a run fetched because its resources point to them.</summary>
/// <param name="Requested">Missing patients, fetched or not.</param>
[GenerateSerializer, Immutable, Alias("Interop.PatientBackfill")]
public sealed record PatientBackfill(long Requested, long Fetched, long Upserted);

/// <summary>What the caller of a run gets when it ends; the last members only when they apply.</summary>
/// <param name="Failure">One of <see cref="RunFailure"/> when the run ended with FAILED; null for runs of earlier versions.</param>
[GenerateSerializer, Immutable, Alias("Interop.RunSummary")]
public sealed record RunSummary(
    long RunId,
    string Resource,
    string Source,
    string Status,
    DateTimeOffset? Since,
    RunCounters Counters,
    DateTimeOffset? CheckpointBefore,
    DateTimeOffset? CheckpointAfter,
    ImmutableSortedDictionary<string, long> DeadLettersByStage,
    string? ExportPath,
    double DurationSeconds,
    string? Error,
    string? PatientId,
    long? SkippedMissingPatients,
    PatientBackfill? PatientBackfill,
    ReplaySummary? Replay,
    string? Failure = null
);

/// <summary>What a replay read.</summary>
/// <param name="ReplayOfRunId">The run that left the dead letters.</param>
/// <param name="ReplaySourceCount">Unresolved dead letters at the start.</param>
/// <param name="ReplayRawCount">Those of them that have raw JSON.</param>
[GenerateSerializer, Immutable, Alias("Interop.ReplaySummary")]
public sealed record ReplaySummary(
    long ReplayOfRunId,
    string ReplayStage,
    long ReplaySourceCount,
    long ReplayRawCount,
    long ReplayMissingRaw
);

/// <summary>What to export.</summary>
/// <param name="RunId">Only what this run loaded; null: everything.</param>
/// <param name="Limit">Null: all.</param>
[GenerateSerializer, Immutable, Alias("Interop.ExportRequest")]
public sealed record ExportRequest(
    string ResourceType,
    long? RunId,
    string? Source,
    bool IncludeRaw,
    bool IncludeNormalized,
    long Offset,
    long? Limit
);

/// <summary>A part of an export.</summary>
/// <param name="Lines">NDJSON, each line with its line feed.</param>
/// <param name="NextCursor">Where the next page begins; null after the last page.</param>
[GenerateSerializer, Immutable, Alias("Interop.ExportPage")]
public sealed record ExportPage(string Lines, long Count, string? NextCursor);

using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Interop.Ingestion;

/// <summary>Reads across runs, dead letters and checkpoints for the front end; holds nothing.</summary>
[Alias("Interop.IIngestionQueryGrain")]
public interface IIngestionQueryGrain : IGrainWithIntegerKey
{
    /// <summary>Runs, newest first.</summary>
    [Alias("ListRuns")]
    Task<ImmutableArray<RunListItem>> ListRuns(RunFilter filter);

    /// <summary>Counts over all runs and dead letters.</summary>
    [Alias("GetMetrics")]
    Task<RunMetrics> GetMetrics();

    /// <summary>One run with everything that is known of it, or null.</summary>
    [Alias("GetRun")]
    Task<RunDetail?> GetRun(long runId);

    /// <summary>What a run's caller gets when it ends, or null when there is no such run.</summary>
    [Alias("GetSummary")]
    Task<RunSummary?> GetSummary(long runId);

    /// <summary>A run's dead letters, newest first, or null when there is no such run.</summary>
    [Alias("ListDeadLetters")]
    Task<DeadLetterList?> ListDeadLetters(long runId, string? stage, int limit, bool includeRaw);

    /// <summary>All watermarks.</summary>
    [Alias("ListCheckpoints")]
    Task<ImmutableArray<Checkpoint>> ListCheckpoints();

    /// <summary>Whether R4 has this resource type.</summary>
    [Alias("IsKnownType")]
    Task<bool> IsKnownType(string resourceType);

    /// <summary>The next lines of an export, at most 1 MiB of them.</summary>
    /// <param name="request">What to export.</param>
    /// <param name="cursor">The page before's <see cref="ExportPage.NextCursor"/>; null for the first.</param>
    [Alias("ReadExport")]
    Task<ExportPage> ReadExport(ExportRequest request, string? cursor);
}

/// <param name="Limit">1 to 200.</param>
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
    int Limit);

[GenerateSerializer, Immutable, Alias("Interop.RunListItem")]
public sealed record RunListItem(
    long RunId,
    string ResourceType,
    string Source,
    string Status,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    double? DurationSeconds,
    JsonText? Details);

[GenerateSerializer, Immutable, Alias("Interop.RunMetrics")]
public sealed record RunMetrics(
    long Total,
    ImmutableSortedDictionary<string, long> ByStatus,
    ImmutableSortedDictionary<string, long> ByResourceType,
    ImmutableSortedDictionary<string, long> DeadlettersByStage);

/// <param name="Total">What the server said the search holds, where it said so.</param>
[GenerateSerializer, Immutable, Alias("Interop.ProgressDetail")]
public sealed record ProgressDetail(long Pages, long Fetched, long? Total, double ResourcesPerSecond);

[GenerateSerializer, Immutable, Alias("Interop.DeadLetterCounts")]
public sealed record DeadLetterCounts(long Total, ImmutableSortedDictionary<string, long> ByStage);

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
    long? ReplayOfRunId);

/// <param name="Issues">What the validator found, as a JSON array.</param>
/// <param name="Raw">As received; a JSON string where it is not JSON. Only when asked for.</param>
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
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonText? Raw);

[GenerateSerializer, Immutable, Alias("Interop.DeadLetterList")]
public sealed record DeadLetterList(ImmutableArray<DeadLetter> Letters);

[GenerateSerializer, Immutable, Alias("Interop.PatientBackfill")]
public sealed record PatientBackfill(long Requested, long Fetched, long Upserted);

/// <summary>What the caller of a run gets when it ends; the last members only where they apply.</summary>
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
    ReplaySummary? Replay);

/// <param name="ReplayOfRunId">Whose letters they were.</param>
/// <param name="ReplaySourceCount">Unresolved letters at the start.</param>
/// <param name="ReplayRawCount">Of those, the ones that still have their JSON.</param>
[GenerateSerializer, Immutable, Alias("Interop.ReplaySummary")]
public sealed record ReplaySummary(
    long ReplayOfRunId,
    string ReplayStage,
    long ReplaySourceCount,
    long ReplayRawCount,
    long ReplayMissingRaw);

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
    long? Limit);

/// <param name="Lines">NDJSON, each line with its end.</param>
/// <param name="NextCursor">Where the next page begins; null after the last.</param>
[GenerateSerializer, Immutable, Alias("Interop.ExportPage")]
public sealed record ExportPage(string Lines, long Count, string? NextCursor);

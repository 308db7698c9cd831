using System.Collections.Immutable;

namespace Interop.Anomaly;

/// <summary>Trains and promotes model versions, and scores events that were stored before there was a model. One grain: key 0.</summary>
[Alias("Interop.IAnomalyModelGrain")]
public interface IAnomalyModelGrain : IGrainWithIntegerKey
{
    /// <summary>Trains a version from stored events; it is scored in shadow until it is promoted.</summary>
    [Alias("Train")]
    Task<TrainResult> Train();

    /// <summary>Promotes a version: its scores decide about alerts from now on. Older versions can be promoted again. False: there is no
    /// such version.</summary>
    [Alias("Promote")]
    Task<bool> Promote(string version);

    /// <summary>All versions, the newest first.</summary>
    [Alias("List")]
    Task<ImmutableArray<ModelVersion>> List();

    /// <summary>
    /// Scores the events that are stored unscored. When there is no model and enough events are stored, trains and promotes the first
    /// version before.
    /// </summary>
    [Alias("ScoreStored")]
    Task ScoreStored();

    /// <summary>Schedules the weekly training. A repeated call changes nothing.</summary>
    [Alias("EnsureWeekly")]
    Task EnsureWeekly();
}

/// <summary>The result of a training.</summary>
/// <param name="Version">The new version; null: nothing was trained.</param>
/// <param name="Problem">Why not.</param>
[GenerateSerializer, Immutable, Alias("Interop.TrainResult")]
public sealed record TrainResult(ModelVersion? Version, string? Problem);

/// <summary>One trained version of the model.</summary>
/// <param name="Status">shadow, promoted or retired.</param>
/// <param name="Metrics">JSON object.</param>
[GenerateSerializer, Immutable, Alias("Interop.ModelVersion")]
public sealed record ModelVersion(
    string Id,
    string Kind,
    string Status,
    DateTimeOffset TrainedFrom,
    DateTimeOffset TrainedTo,
    long Events,
    JsonText Parameters,
    JsonText Metrics,
    DateTimeOffset CreatedAt,
    DateTimeOffset? PromotedAt
);

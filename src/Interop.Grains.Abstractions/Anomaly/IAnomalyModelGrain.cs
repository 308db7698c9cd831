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
/// <param name="Use">What it scored while its scores counted, in the last four weeks; null: nothing.</param>
/// <param name="Drift">How its scores of the last week differ from those of its training events; null: too few events.</param>
/// <param name="Shadow">Its alerts in shadow against those of the version whose scores counted, in the last four weeks; null: it scored
/// nothing in
/// shadow.</param>
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
    DateTimeOffset? PromotedAt,
    ModelUse? Use = null,
    ModelDrift? Drift = null,
    ShadowComparison? Shadow = null
);

/// <summary>What a version scored while its scores counted.</summary>
/// <param name="Events">Events that arrived.</param>
/// <param name="Medium">MEDIUM alerts among them.</param>
/// <param name="High">HIGH alerts among them.</param>
/// <param name="Since">The first day with events.</param>
/// <param name="LastDay">The last day with events.</param>
[GenerateSerializer, Immutable, Alias("Interop.ModelUse")]
public sealed record ModelUse(long Events, long Medium, long High, DateTimeOffset Since, DateTimeOffset LastDay);

/// <summary>The population stability index of a version's scores against those of its training events.</summary>
/// <param name="Index">0: the same distribution.</param>
/// <param name="WarningLevel">Above this index a new version should be trained.</param>
/// <param name="Warning">The index is above that level.</param>
/// <param name="Events">The events of the last week, which the index is made of.</param>
/// <param name="Days">The index of each day with enough events, the oldest first.</param>
[GenerateSerializer, Immutable, Alias("Interop.ModelDrift")]
public sealed record ModelDrift(double Index, double WarningLevel, bool Warning, long Events, ImmutableArray<DriftDay> Days);

/// <summary>The drift of one day.</summary>
/// <param name="Day">Its beginning, UTC.</param>
/// <param name="Index">As in <see cref="ModelDrift"/>.</param>
/// <param name="Events">The day's events.</param>
[GenerateSerializer, Immutable, Alias("Interop.DriftDay")]
public sealed record DriftDay(DateTimeOffset Day, double Index, long Events);

/// <summary>A version in shadow against the version whose scores counted, over the same events. An alert is MEDIUM or HIGH.</summary>
/// <param name="Beside">The version whose scores counted.</param>
/// <param name="Events">Events that both scored.</param>
/// <param name="Medium">MEDIUM alerts that the version in shadow would have raised.</param>
/// <param name="High">HIGH alerts that it would have raised.</param>
/// <param name="BesideMedium">MEDIUM alerts of the version whose scores counted.</param>
/// <param name="BesideHigh">HIGH alerts of that version.</param>
/// <param name="BothAlert">Events that are alerts by both.</param>
/// <param name="Agreement">The share of the alerts of either that are alerts by both; null: neither has one.</param>
/// <param name="Since">The first day of the comparison.</param>
/// <param name="LastDay">Its last day.</param>
[GenerateSerializer, Immutable, Alias("Interop.ShadowComparison")]
public sealed record ShadowComparison(
    string Beside,
    long Events,
    long Medium,
    long High,
    long BesideMedium,
    long BesideHigh,
    long BothAlert,
    double? Agreement,
    DateTimeOffset Since,
    DateTimeOffset LastDay
);

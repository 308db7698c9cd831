using System.Collections.Immutable;
using Interop.Anomaly;

namespace Interop.Polling;

/// <summary>
/// Polls the AuditEvents of one source, scores and stores each exactly once; the key is the source's name. A grain timer keeps the
/// cadence;
/// a reminder brings the poller back after a crash.
/// </summary>
[Alias("Interop.IAuditEventPollerGrain")]
public interface IAuditEventPollerGrain : IGrainWithStringKey
{
    /// <summary>Starts polling. False: the settings know no such source.</summary>
    [Alias("Start")]
    Task<bool> Start();

    /// <summary>Stops polling. A poll under way ends after its page.</summary>
    [Alias("Stop")]
    Task<bool> Stop();

    /// <summary>Polls now and waits for the end.</summary>
    [Alias("Poll")]
    Task<PollResult> Poll();

    /// <summary>Changes settings; they survive a restart.</summary>
    [Alias("Configure")]
    Task<PollerStatus?> Configure(PollerChange change);

    /// <summary>Null: the settings know no such source.</summary>
    [Alias("GetStatus")]
    Task<PollerStatus?> GetStatus();

    /// <summary>Scores and stores AuditEvents that the server sent by itself; those that are already stored keep their score.</summary>
    [Alias("Notify")]
    Task<NotifyResult> Notify(string json);

    /// <summary>Begins to deliver the source's alerts that wait in the outbox, such as those that a killed process left. Does not wait for
    /// the deliveries.</summary>
    [Alias("DeliverAlerts")]
    Task DeliverAlerts();
}

/// <summary>Changes of the settings of a poller; null members stay as they are.</summary>
/// <param name="Interval">Between two polls.</param>
/// <param name="Batch">Entries per page.</param>
/// <param name="ResourceType">AuditEvent, or the type that each poll ingests.</param>
/// <param name="Since">Where the first poll begins.</param>
/// <param name="Reset">Forgets the watermark, so that <paramref name="Since"/> counts again. Stored events stay stored.</param>
[GenerateSerializer, Immutable, Alias("Interop.PollerChange")]
public sealed record PollerChange(TimeSpan? Interval, int? Batch, string? ResourceType, DateTimeOffset? Since, bool Reset);

/// <summary>The state of a poller.</summary>
/// <param name="Watermark">The server's instants up to here are stored.</param>
/// <param name="Lag">Time since the last poll that read to the end of the server's events; from the watermark while polls fail.</param>
/// <param name="Failures">Failed polls in a row.</param>
[GenerateSerializer, Immutable, Alias("Interop.PollerStatus")]
public sealed record PollerStatus(
    string Source,
    bool Enabled,
    string ResourceType,
    TimeSpan Interval,
    int Batch,
    DateTimeOffset? Since,
    DateTimeOffset? Watermark,
    TimeSpan? Lag,
    DateTimeOffset? LastPoll,
    long Events,
    long Failures,
    string? LastError
);

/// <summary>The result of one poll.</summary>
/// <param name="Stored">New events.</param>
/// <param name="Known">Events that were stored before.</param>
/// <param name="Pages">Pages read.</param>
/// <param name="Error">Why the poll ended early; null: it did not.</param>
[GenerateSerializer, Immutable, Alias("Interop.PollResult")]
public sealed record PollResult(long Stored, long Known, int Pages, string? Error);

/// <summary>The result of events that a server sent.</summary>
/// <param name="AlertIds">The ids of <paramref name="Alerts"/>.</param>
/// <param name="Problem">What is wrong with the body; then nothing was stored.</param>
/// <param name="Alerts">The alerts of the events, in their order.</param>
/// <param name="IsUnknownSource">The settings know no such source.</param>
/// <param name="IsBundle">The body was a Bundle.</param>
[GenerateSerializer, Immutable, Alias("Interop.NotifyResult")]
public sealed record NotifyResult(
    ImmutableArray<string> AlertIds,
    string? Problem,
    ImmutableArray<Alert> Alerts,
    bool IsUnknownSource = false,
    bool IsBundle = false
);

using Interop.Polling;

namespace Interop.Api.Polling;

/// <summary>The state of a poller: the message <see cref="PollerStatus"/> with durations in seconds.</summary>
/// <param name="Interval">Seconds.</param>
/// <param name="Lag">Seconds since the last poll that read to the end of the server's events; from the watermark while polls fail.</param>
public sealed record PollerResponse(
    string Source,
    bool Enabled,
    string Type,
    double Interval,
    int Batch,
    DateTimeOffset? Since,
    DateTimeOffset? Watermark,
    double? Lag,
    DateTimeOffset? LastPoll,
    long Events,
    long Failures,
    string? LastError
)
{
    internal static PollerResponse Of(PollerStatus s) =>
        new(
            s.Source,
            s.Enabled,
            s.ResourceType,
            s.Interval.TotalSeconds,
            s.Batch,
            s.Since,
            s.Watermark,
            s.Lag?.TotalSeconds,
            s.LastPoll,
            s.Events,
            s.Failures,
            s.LastError
        );
}

/// <summary>Changes of a poller's settings: the message <see cref="PollerChange"/> with a duration in seconds and <c>since</c> as
/// text.</summary>
/// <param name="Interval">Seconds.</param>
/// <param name="Since">An instant, or a duration before now such as P30D; it counts before the first poll, or with reset.</param>
public sealed record PollerRequest(int? Interval, int? Batch, string? Type, string? Since, bool? Reset);

/// <summary>The result of a successful poll: the message <see cref="PollResult"/> without its error, which is a problem.</summary>
/// <param name="Stored">New events.</param>
/// <param name="Known">Events that were stored before.</param>
public sealed record PollResponse(long Stored, long Known, int Pages);

/// <summary>What is wrong with a notification, with the members of an OperationOutcome's issue.</summary>
public sealed record NotifyIssue(string Severity, string Code, string Diagnostics);

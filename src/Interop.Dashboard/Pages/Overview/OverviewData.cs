using System.Collections.Immutable;
using Interop.Anomaly;
using Interop.Dashboard.Live;
using Interop.Ingestion;
using Interop.Polling;
using Interop.Telemetry;

namespace Interop.Dashboard.Pages.Overview;

/// <summary>Everything that the overview shows.</summary>
internal sealed record OverviewData(
    IngestionActivity Ingestion,
    AlertCounts Alerts,
    ImmutableArray<MinuteCount> Telemetry,
    ImmutableArray<PollerStatus> Pollers,
    ImmutableArray<SiloInfo> Silos,
    DateTimeOffset At
)
{
    private const int RunsPerType = 16;

    /// <summary>The time over which alerts are counted.</summary>
    public static readonly TimeSpan AlertPeriod = TimeSpan.FromHours(24);

    /// <summary>The time that the telemetry chart shows.</summary>
    public static readonly TimeSpan TelemetryPeriod = TimeSpan.FromMinutes(60);

    /// <summary>Events of each minute of the period, oldest first; the current minute is the last.</summary>
    public ImmutableArray<double> EventsByMinute
    {
        get
        {
            var counts = Telemetry.ToDictionary(count => count.Minute, count => (double)count.Events);
            var last = new DateTimeOffset(At.Year, At.Month, At.Day, At.Hour, At.Minute, 0, TimeSpan.Zero);
            return
            [
                .. Enumerable
                    .Range(0, (int)TelemetryPeriod.TotalMinutes)
                    .Reverse()
                    .Select(minutes => counts.GetValueOrDefault(last.AddMinutes(-minutes))),
            ];
        }
    }

    /// <summary>Each part is shared by all open pages, for a time that its query allows.</summary>
    public static async Task<OverviewData> ReadAsync(IGrainFactory grains, SharedReads reads, TimeProvider time)
    {
        var now = time.GetUtcNow();
        var ingestion = reads.GetAsync(
            "overview/ingestion",
            TimeSpan.FromSeconds(1),
            () => grains.IngestionQueries().GetActivity(RunsPerType)
        );
        var alerts = reads.GetAsync(
            "overview/alerts",
            TimeSpan.FromSeconds(5),
            () => grains.GetQuery<IAlertQueryGrain>().Count(time.GetUtcNow() - AlertPeriod)
        );
        var telemetry = reads.GetAsync(
            "overview/telemetry",
            TimeSpan.FromSeconds(10),
            () => grains.GetQuery<ITelemetryQueryGrain>().CountByMinute(time.GetUtcNow() - TelemetryPeriod - TimeSpan.FromMinutes(1))
        );
        var pollers = reads.GetAsync("overview/pollers", TimeSpan.FromSeconds(3), () => ReadPollersAsync(grains));
        var silos = reads.GetAsync("overview/silos", TimeSpan.FromSeconds(5), () => ReadSilosAsync(grains));
        await Task.WhenAll(ingestion, alerts, telemetry, pollers, silos);
        return new OverviewData(await ingestion, await alerts, await telemetry, await pollers, await silos, now);
    }

    public static async Task<ImmutableArray<PollerStatus>> ReadPollersAsync(IGrainFactory grains)
    {
        var sources = await grains.GetQuery<IPollerQueryGrain>().ListSources();
        var all = await Task.WhenAll(sources.Select(source => grains.GetGrain<IAuditEventPollerGrain>(source).GetStatus()));
        return [.. all.OfType<PollerStatus>()];
    }

    public static async Task<ImmutableArray<SiloInfo>> ReadSilosAsync(IGrainFactory grains)
    {
        var management = grains.GetGrain<IManagementGrain>(0);
        var hosts = await management.GetDetailedHosts(onlyActive: false);
        var statistics = await management.GetSimpleGrainStatistics();
        var activations = statistics.GroupBy(s => s.SiloAddress).ToDictionary(g => g.Key, g => g.Sum(s => s.ActivationCount));
        return
        [
            .. hosts
                .OrderBy(host => host.StartTime)
                .Select(host => new SiloInfo(
                    host.SiloName,
                    host.SiloAddress.Endpoint.ToString(),
                    host.Status == SiloStatus.Active,
                    host.Status.ToString(),
                    new DateTimeOffset(DateTime.SpecifyKind(host.StartTime, DateTimeKind.Utc)),
                    activations.GetValueOrDefault(host.SiloAddress)
                )),
        ];
    }
}

/// <summary>A member of the cluster.</summary>
internal sealed record SiloInfo(string Name, string Address, bool IsActive, string Status, DateTimeOffset StartedAt, int Activations);

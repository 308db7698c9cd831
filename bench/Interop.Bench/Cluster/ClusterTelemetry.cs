using Interop.Bench.Telemetry;
using Interop.TestServers;
using Spectre.Console;

namespace Interop.Bench.Cluster;

/// <summary>
/// Accepted events per second through one process, through a front end and a silo, and through two front ends and a silo. They are measured
/// in turn, round by round, because other work on the machine changes from minute to minute.
/// </summary>
internal static class ClusterTelemetry
{
    private const int Connections = 256;

    private sealed record Candidate(string Name, BenchCluster Cluster)
    {
        public List<LoadResult> Full { get; } = [];

        public List<LoadResult> AtRate { get; } = [];
    }

    public static async Task RunAsync(PostgresServer postgres, TimeSpan duration, int rounds)
    {
        List<Candidate> candidates = [];
        try
        {
            candidates.Add(new("one process", await BenchCluster.StartAsync(postgres, silos: 1, frontEnds: 0)));
            if (!BenchCluster.IsEmbedded)
            {
                candidates.Add(new("a front end and a silo", await BenchCluster.StartAsync(postgres, silos: 1, frontEnds: 1)));
                candidates.Add(new("two front ends and a silo", await BenchCluster.StartAsync(postgres, silos: 1, frontEnds: 2)));
            }

            foreach (var candidate in candidates)
                await SendAsync(candidate.Cluster, duration * 2, rate: null);
            for (var round = 0; round < rounds; round++)
            {
                foreach (var candidate in candidates)
                    candidate.Full.Add(await MeasureAsync(candidate.Cluster, duration, rate: null));
                var rate = candidates[0].Full[^1].PerSecond / 2;
                foreach (var candidate in candidates)
                    candidate.AtRate.Add(await MeasureAsync(candidate.Cluster, duration, rate));
            }

            Report(candidates);
        }
        finally
        {
            foreach (var candidate in candidates)
                await candidate.Cluster.DisposeAsync();
        }
    }

    private static void Report(List<Candidate> candidates)
    {
        var table = ClusterBench.CreateTable(
            "processes",
            "events/s",
            "p50 ms",
            "p99 ms",
            "of one process",
            "p99 ms at half load",
            "not accepted"
        );
        foreach (var candidate in candidates)
        {
            var ratios = candidate.Full.Select((result, round) => result.PerSecond / candidates[0].Full[round].PerSecond);
            table.AddRow(
                candidate.Name,
                $"{ClusterBench.Median(candidate.Full.Select(r => r.PerSecond)):N0}",
                $"{ClusterBench.Median(candidate.Full.Select(r => r.Percentile(0.5))):0.0}",
                $"{ClusterBench.Median(candidate.Full.Select(r => r.Percentile(0.99))):0.0}",
                $"{ClusterBench.Median(ratios):0.00}",
                $"{ClusterBench.Median(candidate.AtRate.Select(r => r.Percentile(0.99))):0.0}",
                $"{candidate.Full.Concat(candidate.AtRate).Sum(r => r.Others)}"
            );
        }

        AnsiConsole.Write(table);
        Console.WriteLine($"{Connections} connections, medians of {candidates[0].Full.Count} rounds");
    }

    /// <summary>Also checks that every accepted event is stored once.</summary>
    private static async Task<LoadResult> MeasureAsync(BenchCluster cluster, TimeSpan duration, double? rate)
    {
        await TelemetryBench.StoredAsync(cluster.Database, cluster.DataOf(0));
        var before = await TelemetryBench.CountAsync(cluster.Database);
        var result = await SendAsync(cluster, duration, rate);
        await TelemetryBench.StoredAsync(cluster.Database, cluster.DataOf(0));
        var stored = await TelemetryBench.CountAsync(cluster.Database) - before;
        return stored == result.Accepted
            ? result
            : throw new InvalidOperationException($"{result.Accepted} events were accepted, but {stored} are stored");
    }

    /// <summary>The senders are divided among the front ends.</summary>
    private static async Task<LoadResult> SendAsync(BenchCluster cluster, TimeSpan duration, double? rate)
    {
        var fronts = cluster.FrontEnds;
        var results = await Task.WhenAll(
            fronts.Select(front => LoadGenerator.RunAsync(front.Address, Connections / fronts.Count, duration, rate / fronts.Count))
        );
        return new LoadResult(
            results.Max(r => r.Seconds),
            results.Sum(r => r.Accepted),
            results.Sum(r => r.Others),
            [.. results.SelectMany(r => r.Latencies).Order()]
        );
    }
}

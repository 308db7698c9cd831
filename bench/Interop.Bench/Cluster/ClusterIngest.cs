using Interop.Bench.Ingestion;
using Interop.TestServers;
using Spectre.Console;

namespace Interop.Bench.Cluster;

/// <summary>Runs of one and of six sources at the same time, with 1 and with 3 silos. Each page takes 50 ms before it comes.</summary>
internal static class ClusterIngest
{
    private const int PageSize = 100;
    private static readonly TimeSpan PageDelay = TimeSpan.FromMilliseconds(50);
    private static readonly int[] RunCounts = [1, 6];

    public static async Task RunAsync(PostgresServer postgres, int resources)
    {
        await using var server = await PageServer.StartAsync(resources, PageSize, PageDelay);
        var sources = Enumerable.Range(0, RunCounts.Sum()).Select(i => $"s{i}").ToArray();
        (string, string)[] settings =
        [
            .. sources.SelectMany(s =>
                new[] { ($"Sources__{s}__BaseUrl", server.FhirBase.AbsoluteUri), ($"Sources__{s}__MaxParallel", "1") }
            ),
        ];
        Console.WriteLine(
            $"{resources:N0} observations of each source, {PageSize} a page, {PageDelay.TotalMilliseconds:0} ms before each page"
        );
        var table = ClusterBench.CreateTable("processes", "runs", "seconds", "resources/s", "its CPU s", "runs by silo");
        foreach (var (silos, frontEnds) in BenchCluster.IsEmbedded ? [(1, 0)] : new[] { (1, 0), (1, 1), (3, 1) })
        {
            await using var cluster = await BenchCluster.StartAsync(postgres, silos, frontEnds, settings);
            var patients = await Task.WhenAll(sources.Select(s => cluster.StartRunAsync(s, "Patient")));
            await Task.WhenAll(patients.Select(cluster.FinishAsync));
            var first = 0;
            foreach (var count in RunCounts)
            {
                var cpu = Cpu(cluster);
                var runs = await Task.WhenAll(sources[first..(first + count)].Select(s => cluster.StartRunAsync(s, "Observation")));
                first += count;
                var places = await PlacesAsync(cluster, runs);
                var ended = await Task.WhenAll(runs.Select(cluster.FinishAsync));
                var seconds = (ended.Max(r => r.FinishedAt!.Value) - ended.Min(r => r.StartedAt)).TotalSeconds;
                if (ended.Any(r => r.Upserted != resources || r.DeadLetters != 0))
                    throw new InvalidOperationException("not every observation was loaded once");
                table.AddRow(
                    frontEnds == 0 ? "one process" : $"{silos} silo{(silos > 1 ? "s" : "")}, a front end",
                    $"{count}",
                    $"{seconds:0.0}",
                    $"{count * resources / seconds:N0}",
                    $"{(Cpu(cluster) - cpu).TotalSeconds:0.0}",
                    string.Join(" + ", places)
                );
            }
        }

        AnsiConsole.Write(table);
    }

    /// <summary>How many of the runs each silo executes, as soon as each run has an owner.</summary>
    private static async Task<IEnumerable<int>> PlacesAsync(BenchCluster cluster, long[] runs)
    {
        var owners = await Task.WhenAll(
            runs.Select(async run =>
            {
                while (true)
                {
                    if ((await RunState.ReadAsync(cluster.Database, run)).OwnerProcess is { } owner)
                        return owner;
                    await Task.Delay(TimeSpan.FromMilliseconds(50));
                }
            })
        );
        return cluster.Silos.Select(silo => owners.Count(owner => owner == silo.ProcessId)).OrderDescending();
    }

    private static TimeSpan Cpu(BenchCluster cluster) =>
        cluster.Silos.Concat(cluster.FrontEnds).Distinct().Aggregate(TimeSpan.Zero, (sum, process) => sum + process.Cpu);
}

using System.Diagnostics;
using Interop.Bench.Ingestion;
using Interop.TestServers;
using Spectre.Console;

namespace Interop.Bench.Cluster;

/// <summary>
/// The time from a fault of the silo that executes a run until the run has committed a page elsewhere, with requests of clients meanwhile.
/// On the embedded engine the process is started again at once, and the time includes its start.
/// </summary>
internal static class ClusterHealing
{
    private const int Silos = 3;
    private const int PageSize = 100;
    private const int Resources = 400_000; // some minutes of pages: a run never ends during a measurement
    private static readonly TimeSpan PageDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan AfterHealing = TimeSpan.FromSeconds(3);

    /// <param name="Name">The row of the table.</param>
    /// <param name="Signal">What the silo gets.</param>
    /// <param name="Victims">How many silos get it: the run's own one first.</param>
    private sealed record Fault(string Name, int Signal, int Victims = 1);

    private static readonly Fault[] Faults =
    [
        new("killed (SIGKILL)", UnixProcess.Kill),
        new("stopped (SIGTERM)", UnixProcess.Terminate),
        new("frozen (SIGSTOP)", UnixProcess.Stop),
        new("killed, two of three", UnixProcess.Kill, Victims: 2),
    ];

    public static async Task RunAsync(PostgresServer postgres, int rounds)
    {
        await using var server = await PageServer.StartAsync(Resources, PageSize, PageDelay);
        await using var cluster = await BenchCluster.StartAsync(
            postgres,
            BenchCluster.IsEmbedded ? 1 : Silos,
            BenchCluster.IsEmbedded ? 0 : 1,
            ("Sources__s__BaseUrl", server.FhirBase.AbsoluteUri),
            ("Sources__s__MaxParallel", "1")
        );
        await cluster.FinishAsync(await cluster.StartRunAsync("s", "Patient"));
        var table = ClusterBench.CreateTable(
            "the run's silo is",
            "the run continues after s",
            "reads",
            "failed",
            "slowest s",
            "posts",
            "failed",
            "slowest s"
        );
        // A frozen process cannot be replaced by another one on the same data.
        foreach (var fault in BenchCluster.IsEmbedded ? Faults[..2] : Faults)
        {
            for (var round = 0; round < rounds; round++)
                await MeasureAsync(cluster, fault, table);
        }

        AnsiConsole.Write(table);
    }

    private static async Task MeasureAsync(BenchCluster cluster, Fault fault, Table table)
    {
        var run = await cluster.StartRunAsync("s", "Observation", full: true);
        var before = await WaitForAsync(cluster, run, state => state.Pages >= 5);
        await using var clients = new ClientRequests(() => cluster.FrontEnds[0].Address);
        var own = cluster.Silos.ToList().FindIndex(silo => silo.ProcessId == before.OwnerProcess);
        int[] victims = [own, .. Enumerable.Range(0, cluster.Silos.Count).Where(silo => silo != own)];
        victims = victims[..fault.Victims];

        var started = Stopwatch.GetTimestamp();
        foreach (var victim in victims)
            cluster.Silos[victim].Signal(fault.Signal);
        if (BenchCluster.IsEmbedded)
        {
            await cluster.Silos[0].WaitForExitAsync(CancellationToken.None);
            await cluster.RestartAsync(0);
        }

        var last = before.Pages;
        await WaitForAsync(
            cluster,
            run,
            state =>
            {
                if (state.Epoch == before.Epoch)
                    last = state.Pages;
                return state.Epoch > before.Epoch && state.Pages > last;
            }
        );
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await Task.Delay(AfterHealing);
        await clients.StopAsync();
        Console.WriteLine($"{fault.Name}: {seconds:0.0} s{clients.FirstFailure}");
        table.AddRow([fault.Name, $"{seconds:0.0}", .. clients.Reads.Columns, .. clients.Posts.Columns]);

        await RestoreAsync(cluster, fault, victims);
        using var http = cluster.Http;
        (await http.PostAsync($"/runs/{run}/cancel", null)).EnsureSuccessStatusCode();
    }

    /// <summary>Starts the victims again. One that was frozen finds that it was declared dead, and ends by itself.</summary>
    private static async Task RestoreAsync(BenchCluster cluster, Fault fault, int[] victims)
    {
        if (BenchCluster.IsEmbedded)
            return;
        using var timeout = new CancellationTokenSource(Limit);
        foreach (var victim in victims)
        {
            if (fault.Signal == UnixProcess.Stop)
                cluster.Silos[victim].Signal(UnixProcess.Continue);
            var started = Stopwatch.GetTimestamp();
            await cluster.Silos[victim].WaitForExitAsync(timeout.Token);
            if (fault.Signal == UnixProcess.Stop)
                Console.WriteLine($"  it ended by itself {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s after it woke");
            await cluster.RestartAsync(victim);
        }

        await cluster.WaitForSilosAsync();
    }

    private static async Task<RunState> WaitForAsync(BenchCluster cluster, long run, Func<RunState, bool> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var state = await RunState.ReadAsync(cluster.Database, run);
            if (condition(state))
                return state;
            if (state.Status is not ("RUNNING" or "RETRYING") || Stopwatch.GetElapsedTime(started) > Limit)
                throw new InvalidOperationException($"run {run} does not continue: {state}");
            await Task.Delay(PollInterval);
        }
    }
}

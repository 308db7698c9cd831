using System.CommandLine;
using Interop.TestServers;
using Spectre.Console;

namespace Interop.Bench.Cluster;

/// <summary>
/// <c>cluster</c>: ingestion with 1 and 3 silos from a slow source, telemetry through one process and through front ends of their own, and
/// the time until a run continues after each kind of fault. All processes are on loopback. On the embedded engine, which has one silo, what
/// one process can do.
/// </summary>
internal static class ClusterBench
{
    private const string Ingest = "ingest";
    private const string Telemetry = "telemetry";
    private const string Healing = "healing";

    public static Command Create()
    {
        var parts = new Option<string[]>("--only")
        {
            Description = "Measure only these parts",
            DefaultValueFactory = _ => [Ingest, Telemetry, Healing],
            AllowMultipleArgumentsPerToken = true,
        };
        parts.AcceptOnlyFromAmong(Ingest, Telemetry, Healing);
        var resources = new Option<int>("--resources") { Description = "Observations of one run", DefaultValueFactory = _ => 20_000 };
        var seconds = new Option<int>("--seconds")
        {
            Description = "Length of each measurement of telemetry",
            DefaultValueFactory = _ => 8,
        };
        var rounds = new Option<int>("--rounds") { Description = "Measurements of telemetry and faults", DefaultValueFactory = _ => 2 };
        var command = new Command("cluster", "Silos and front ends: throughput, and the time to heal after faults")
        {
            parts,
            resources,
            seconds,
            rounds,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                if (BenchCluster.IsEmbedded)
                    Console.WriteLine(
                        "The embedded engine has one silo and no front end of its own: measured are one process and its restart after a fault; build with -p:Engine=Orleans for a cluster."
                    );
                AnsiConsole.Profile.Width = 140;
                var chosen = parsed.GetValue(parts)!;
                await using var postgres = await PostgresServer.StartNewAsync(
                    new PostgresServerOptions { Settings = new Dictionary<string, string> { ["max_connections"] = "500" } },
                    cancellationToken
                );
                if (chosen.Contains(Ingest))
                    await ClusterIngest.RunAsync(postgres, parsed.GetValue(resources));
                if (chosen.Contains(Telemetry))
                    await ClusterTelemetry.RunAsync(
                        postgres,
                        TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                        Math.Max(1, parsed.GetValue(rounds))
                    );
                if (chosen.Contains(Healing))
                    await ClusterHealing.RunAsync(postgres, Math.Max(1, parsed.GetValue(rounds)));
                return 0;
            }
        );
        return command;
    }

    /// <summary>The middle one, or the lower of the two in the middle.</summary>
    internal static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[(sorted.Length - 1) / 2];
    }

    /// <summary>A table whose columns after the first are right-aligned.</summary>
    internal static Table CreateTable(string first, params string[] columns)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn(first);
        foreach (var column in columns)
            table.AddColumn(new TableColumn(column).RightAligned());
        return table;
    }
}

using System.CommandLine;
using Interop.TestServers;
using Spectre.Console;

namespace Interop.Bench.Ingestion;

/// <summary><c>scale</c>: a first load from a server that takes 50 ms for each page, with 1, 2, 4 and 8 partitions.</summary>
internal static class ScaleBench
{
    public static Command Create()
    {
        var resources = new Option<int>("--resources") { Description = "Observations", DefaultValueFactory = _ => 200_000 };
        var pageSize = new Option<int>("--page-size") { Description = "Resources a page", DefaultValueFactory = _ => 500 };
        var delay = new Option<int>("--delay-ms") { Description = "What a page takes before it comes", DefaultValueFactory = _ => 50 };
        var command = new Command("scale", "A first load in 1, 2, 4 and 8 partitions, from a slow server") { resources, pageSize, delay };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(resources), parsed.GetValue(pageSize), parsed.GetValue(delay)));
        return command;
    }

    private static async Task<int> RunAsync(int resources, int pageSize, int delayMilliseconds)
    {
        await using var server = await PageServer.StartAsync(resources, pageSize, TimeSpan.FromMilliseconds(delayMilliseconds));
        await using var postgres = await PostgresServer.StartNewAsync();
        var data = Directory.CreateTempSubdirectory("interop-bench-").FullName;
        try
        {
            Console.WriteLine(
                $"{resources:N0} observations, {pageSize} a page, {delayMilliseconds} ms before each page; PostgreSQL and the server on the same machine, {Environment.ProcessorCount} cores"
            );
            var table = new Table().Border(TableBorder.Simple).AddColumn("partitions");
            foreach (var column in new[] { "seconds", "resources/s", "times as fast", "own us", "PostgreSQL us", "peak MB" })
                table.AddColumn(new TableColumn(column).RightAligned());
            var cpu = new PostgresCpu(postgres);
            var one = 0.0;
            foreach (var partitions in new[] { 1, 2, 4, 8 })
            {
                var job = new InteropJob(
                    await postgres.CreateDatabaseAsync($"scale{partitions}"),
                    Path.Combine(data, $"{partitions}"),
                    pageSize,
                    Postgres: cpu
                );
                var run = await InteropProcess.RunAsync(
                    server,
                    job,
                    $"Sources:default:MaxParallel={partitions}",
                    "Ingestion:PartitionFrom=1000"
                );
                if (run.Upserted != resources || run.DeadLetters != 0)
                    throw new InvalidOperationException($"{run.Upserted} of {resources} were loaded, {run.DeadLetters} dead letters");
                one = partitions == 1 ? run.Seconds : one;
                table.AddRow(
                    $"{partitions}",
                    $"{run.Seconds:0.0}",
                    $"{run.Upserted / run.Seconds:N0}",
                    $"{one / run.Seconds:0.00}",
                    $"{run.CpuSeconds / resources * 1e6:0.0}",
                    $"{run.PostgresCpuSeconds / resources * 1e6:0.0}",
                    $"{run.PeakBytes / 1e6:0}"
                );
            }

            AnsiConsole.Profile.Width = 120;
            AnsiConsole.Write(table);
            return 0;
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }
}

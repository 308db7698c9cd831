using System.CommandLine;
using Interop.TestServers;
using Spectre.Console;

namespace Interop.Bench.Ingestion;

/// <summary>
/// <c>ingest</c>: (a) the floor and (b) Interop's whole run (fetched, validated, transformed, upserted as raw and rows, exported) over the
/// same pages on the same PostgreSQL, in one run; then the same pages again unchanged, then SQLite.
/// </summary>
internal static class IngestBench
{
    public static Command Create()
    {
        var resources = new Option<int>("--resources") { Description = "Observations", DefaultValueFactory = _ => 100_000 };
        var pageSize = new Option<int>("--page-size") { Description = "Resources a page", DefaultValueFactory = _ => 500 };
        var sqlite = new Option<bool>("--no-sqlite") { Description = "PostgreSQL only" };
        var command = new Command("ingest", "The whole way of a resource, against a bare loop of HTTP and COPY")
        {
            resources,
            pageSize,
            sqlite,
        };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(resources), parsed.GetValue(pageSize), !parsed.GetValue(sqlite)));
        return command;
    }

    private static async Task<int> RunAsync(int resources, int pageSize, bool withSqlite)
    {
        await using var server = await PageServer.StartAsync(resources, pageSize);
        await using var postgres = await PostgresServer.StartNewAsync();
        var data = Directory.CreateTempSubdirectory("interop-bench-").FullName;
        try
        {
            Console.WriteLine(
                $"{resources:N0} observations of {server.Pages.Sum(p => (long)p.Length) / resources:N0} bytes, {pageSize} a page; PostgreSQL on the same machine, {Environment.ProcessorCount} cores"
            );
            var table = new Table().Border(TableBorder.Simple).AddColumn("what");
            foreach (var column in new[] { "seconds", "resources/s", "its CPU s", "PostgreSQL CPU s", "peak MB" })
                table.AddColumn(new TableColumn(column).RightAligned());
            var cpu = new PostgresCpu(postgres);
            var floor = await Floor.RunAsync(server, await postgres.CreateDatabaseAsync("floor"));
            Row("(a) floor: HTTP + COPY + upsert of raw json", floor, null, cpu.Lap());
            var url = await postgres.CreateDatabaseAsync("interop");
            cpu.Lap();
            var first = await InteropProcess.RunAsync(server, url, Path.Combine(data, "pg"), pageSize, full: false);
            Row("(b) Interop on PostgreSQL, whole run", first.Seconds, first, cpu.Lap());
            var again = await InteropProcess.RunAsync(server, url, Path.Combine(data, "pg"), pageSize, full: true);
            Row("    the same again, full=true, unchanged", again.Seconds, again, cpu.Lap());
            if (withSqlite)
            {
                var embedded = await InteropProcess.RunAsync(server, "", Path.Combine(data, "sqlite"), pageSize, full: false);
                var embeddedAgain = await InteropProcess.RunAsync(server, "", Path.Combine(data, "sqlite"), pageSize, full: true);
                Row("(c) Interop on SQLite, whole run", embedded.Seconds, embedded, null);
                Row("    the same again, full=true, unchanged", embeddedAgain.Seconds, embeddedAgain, null);
            }

            AnsiConsole.Profile.Width = 120;
            AnsiConsole.Write(table);
            Expect(first.Upserted == resources && first.DeadLetters == 0, "the first run loads everything");
            Expect(again.Unchanged == resources && again.Upserted == 0, "the second run changes nothing");
            Console.WriteLine($"second run {first.Seconds / again.Seconds:0.00} times as fast");
            Console.WriteLine($"ratio (b)/(a): {floor / first.Seconds:0.00}");
            return 0;

            void Row(string what, double seconds, InteropRun? run, double? postgresCpu) =>
                table.AddRow(
                    what,
                    $"{seconds:0.0}",
                    $"{resources / seconds:N0}",
                    $"{run?.CpuSeconds:0.0}",
                    $"{postgresCpu:0.0}",
                    $"{run?.PeakBytes / 1e6:0}"
                );
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static void Expect(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"not so: {what}");
    }
}

using System.CommandLine;
using System.Diagnostics;
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
        var once = new Option<bool>("--once") { Description = "The floor and the first run on PostgreSQL only" };
        var settings = new Option<string[]>("--set") { Description = "A setting of Interop, as NAME=VALUE" };
        var command = new Command("ingest", "The whole way of a resource, against a bare loop of HTTP and COPY")
        {
            resources,
            pageSize,
            once,
            settings,
        };
        command.SetAction(
            (parsed, _) =>
                RunAsync(parsed.GetValue(resources), parsed.GetValue(pageSize), parsed.GetValue(once), parsed.GetValue(settings) ?? [])
        );
        return command;
    }

    private static async Task<int> RunAsync(int resources, int pageSize, bool once, string[] settings)
    {
        await using var server = await PageServer.StartAsync(resources, pageSize);
        await using var postgres = await PostgresServer.StartNewAsync();
        var data = Directory.CreateTempSubdirectory("interop-bench-").FullName;
        try
        {
            Console.WriteLine(
                $"{resources:N0} observations of {server.MeanBytes:N0} bytes, {pageSize} a page; PostgreSQL on the same machine, {Environment.ProcessorCount} cores"
            );
            var table = new Table().Border(TableBorder.Simple).AddColumn("what");
            foreach (var column in new[] { "start s", "seconds", "resources/s", "start CPU s", "own us", "PostgreSQL us", "peak MB" })
                table.AddColumn(new TableColumn(column).RightAligned());
            var cpu = new PostgresCpu(postgres);
            var floorDatabase = await postgres.CreateDatabaseAsync("floor");
            var before = cpu.Total;
            using var self = Process.GetCurrentProcess();
            var ownBefore = self.TotalProcessorTime;
            var floor = await Floor.RunAsync(server, floorDatabase);
            Row(
                "(a) floor: HTTP + COPY + upsert of raw json",
                floor,
                (self.TotalProcessorTime - ownBefore).TotalSeconds,
                (cpu.Total - before).TotalSeconds
            );
            var onPostgres = new InteropJob(
                await postgres.CreateDatabaseAsync("interop"),
                Path.Combine(data, "pg"),
                pageSize,
                Postgres: cpu
            );
            var first = await InteropProcess.RunAsync(server, onPostgres, settings);
            RowOf("(b) Interop on PostgreSQL, whole run", first);
            InteropRun? again = null;
            if (!once)
            {
                again = await InteropProcess.RunAsync(server, onPostgres with { Full = true }, settings);
                RowOf("    the same again, full=true, unchanged", again);
                var onSqlite = new InteropJob("", Path.Combine(data, "sqlite"), pageSize);
                RowOf("(c) Interop on SQLite, whole run", await InteropProcess.RunAsync(server, onSqlite, settings));
                RowOf(
                    "    the same again, full=true, unchanged",
                    await InteropProcess.RunAsync(server, onSqlite with { Full = true }, settings)
                );
            }

            AnsiConsole.Profile.Width = 140;
            AnsiConsole.Write(table);
            Expect(first.Upserted == resources && first.DeadLetters == 0, "the first run loads everything");
            Expect(again is null || (again.Unchanged == resources && again.Upserted == 0), "the second run changes nothing");
            Console.WriteLine(
                "The floor's own CPU is that of the page server as well. Interop's begins with the first page asked for; the start is told apart."
            );
            Console.WriteLine(
                $"ratio (b)/(a): {floor / first.Seconds:0.00}; with the start: {floor / (first.StartSeconds + first.Seconds):0.00}"
            );
            return 0;

            void RowOf(string what, InteropRun run) => Row(what, run.Seconds, run.CpuSeconds, run.PostgresCpuSeconds, run);

            void Row(string what, double seconds, double ownCpu, double postgresCpu, InteropRun? run = null) =>
                table.AddRow(
                    what,
                    $"{run?.StartSeconds:0.0}",
                    $"{seconds:0.00}",
                    $"{resources / seconds:N0}",
                    $"{run?.StartCpuSeconds:0.0}",
                    $"{ownCpu / resources * 1e6:0.0}",
                    $"{postgresCpu / resources * 1e6:0.0}",
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

using System.Diagnostics;
using Interop.Storage;
using Interop.Storage.Connections;

namespace Interop.Bench.Ingestion;

/// <summary>One whole run of Interop in a process of its own, as a user would start it.</summary>
/// <param name="StartSeconds">From the start of the process until it asks for the first page of observations.</param>
/// <param name="Seconds">From there to the end of the run: its last page is committed and its files are written.</param>
/// <param name="StartCpuSeconds">What the process used of the processors before the first page.</param>
/// <param name="CpuSeconds">What it used after that, its compilation at run time included.</param>
/// <param name="PostgresCpuSeconds">What PostgreSQL used after that.</param>
/// <param name="PeakBytes">The process's peak resident memory.</param>
internal sealed record InteropRun(
    double StartSeconds,
    double Seconds,
    long Fetched,
    long Upserted,
    long Unchanged,
    long DeadLetters,
    double StartCpuSeconds,
    double CpuSeconds,
    double PostgresCpuSeconds,
    long PeakBytes
);

/// <summary>What a run of Interop reads and writes.</summary>
/// <param name="Database">What DB_URL takes; empty for SQLite in <paramref name="Data"/>.</param>
/// <param name="Data">The data folder.</param>
/// <param name="PageSize">Resources per page.</param>
/// <param name="Full">Whether the checkpoint is ignored.</param>
/// <param name="Postgres">Reads the processor time of the server of <paramref name="Database"/>.</param>
internal sealed record InteropJob(string Database, string Data, int PageSize, bool Full = false, PostgresCpu? Postgres = null);

internal static class InteropProcess
{
    private static readonly TimeSpan PeakInterval = TimeSpan.FromMilliseconds(50);

    private sealed record FirstPage(DateTimeOffset At, TimeSpan Cpu, TimeSpan Postgres);

    private sealed record Row(DateTimeOffset FinishedAt, string Status, long Fetched, long Upserted, long Unchanged, long DeadLetters);

    /// <summary>Ingests the patients and observations of the page server and returns what the observations' run says of itself.</summary>
    /// <param name="settings">Further settings, as NAME=VALUE.</param>
    public static async Task<InteropRun> RunAsync(PageServer server, InteropJob job, params IEnumerable<string> settings)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Interop.Silo"))
        {
            ArgumentList =
            {
                "ingest",
                "Patient",
                "Observation",
                "--source",
                server.FhirBase.AbsoluteUri,
                "--data-dir",
                job.Data,
                "--set",
                $"FHIR_PAGE_SIZE={job.PageSize}",
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (job.Database.Length > 0)
            start.Environment["DB_URL"] = job.Database;
        if (job.Full)
            start.ArgumentList.Add("--full");
        foreach (var setting in settings)
        {
            start.ArgumentList.Add("--set");
            start.ArgumentList.Add(setting);
        }

        var startedAt = DateTimeOffset.UtcNow;
        using var process = Process.Start(start)!;
        var firstPage = new TaskCompletionSource<FirstPage>(TaskCreationOptions.RunContinuationsAsynchronously);
        server.OnFirstPage(() =>
        {
            var at = DateTimeOffset.UtcNow;
            // Not on the way of the first page.
            _ = Task.Run(() => firstPage.TrySetResult(new FirstPage(at, process.TotalProcessorTime, job.Postgres?.Total ?? default)));
        });
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        var peak = 0L;
        var cpu = TimeSpan.Zero;
        using var timer = new PeriodicTimer(PeakInterval);
        while (!process.HasExited)
        {
            peak = Math.Max(peak, PeakOf(process.Id));
            if (!process.HasExited)
                cpu = process.TotalProcessorTime;
            await timer.WaitForNextTickAsync();
        }

        var postgres = job.Postgres?.Total ?? default;
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"the run failed ({process.ExitCode}): {await errors}\n{await output}");
        var first = await firstPage.Task;
        var run = await ReadAsync(job.Database.Length > 0 ? job.Database : Path.Combine(job.Data, "interop.db"));
        return new InteropRun(
            (first.At - startedAt).TotalSeconds,
            (run.FinishedAt - first.At).TotalSeconds,
            run.Fetched,
            run.Upserted,
            run.Unchanged,
            run.DeadLetters,
            first.Cpu.TotalSeconds,
            (cpu - first.Cpu).TotalSeconds,
            (postgres - first.Postgres).TotalSeconds,
            peak
        );
    }

    private static async Task<Row> ReadAsync(string connection)
    {
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = connection });
        var row = await database.ReadAsync(
            (session, token) =>
                session.FirstAsync<Row>(
                    "SELECT finished_at, status, fetched, upserted, unchanged, dead_letters FROM ingestion_runs ORDER BY run_id DESC LIMIT 1",
                    null,
                    token
                )
        );
        return row!;
    }

    private static long PeakOf(int processId)
    {
        try
        {
            var line = File.ReadLines($"/proc/{processId}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(6).Trim().ToString().Split(' ')[0]) * 1024;
        }
        catch (IOException)
        {
            return 0; // it has just ended
        }
    }
}

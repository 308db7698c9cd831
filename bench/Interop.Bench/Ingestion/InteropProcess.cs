using System.Diagnostics;
using Interop.Storage;
using Interop.Storage.Connections;

namespace Interop.Bench.Ingestion;

/// <summary>One whole run of Interop in a process of its own, as a user would start it.</summary>
/// <param name="Seconds">The run's own duration, from its record.</param>
/// <param name="CpuSeconds">What the process used of the processors, its start and its JIT included.</param>
/// <param name="PeakBytes">The process's peak resident memory.</param>
internal sealed record InteropRun(
    double Seconds,
    long Fetched,
    long Upserted,
    long Unchanged,
    long DeadLetters,
    double CpuSeconds,
    long PeakBytes
);

internal static class InteropProcess
{
    private static readonly TimeSpan PeakInterval = TimeSpan.FromMilliseconds(50);

    private sealed record Row(
        DateTimeOffset StartedAt,
        DateTimeOffset FinishedAt,
        string Status,
        long Fetched,
        long Upserted,
        long Unchanged,
        long DeadLetters
    );

    /// <summary>Ingests the patients and observations of the page server and returns what the observations' run says of itself.</summary>
    /// <param name="database">What DB_URL takes; empty for SQLite in <paramref name="data"/>.</param>
    public static Task<InteropRun> RunAsync(PageServer server, string database, string data, int pageSize, bool full) =>
        RunAsync(server.FhirBase, database, data, pageSize, full);

    /// <inheritdoc cref="RunAsync(PageServer, string, string, int, bool)"/>
    /// <param name="fhirBase">A server of patients and observations.</param>
    /// <param name="database">What DB_URL takes; empty for SQLite in <paramref name="data"/>.</param>
    /// <param name="data">The data folder.</param>
    /// <param name="pageSize">Resources per page.</param>
    /// <param name="full">Whether the checkpoint is ignored.</param>
    /// <param name="settings">Further settings, as NAME=VALUE.</param>
    public static async Task<InteropRun> RunAsync(
        Uri fhirBase,
        string database,
        string data,
        int pageSize,
        bool full,
        params string[] settings
    )
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Interop.Silo"))
        {
            ArgumentList =
            {
                "ingest",
                "Patient",
                "Observation",
                "--source",
                fhirBase.AbsoluteUri,
                "--data-dir",
                data,
                "--set",
                $"FHIR_PAGE_SIZE={pageSize}",
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (database.Length > 0)
            start.Environment["DB_URL"] = database;
        if (full)
            start.ArgumentList.Add("--full");
        foreach (var setting in settings)
        {
            start.ArgumentList.Add("--set");
            start.ArgumentList.Add(setting);
        }

        using var process = Process.Start(start)!;
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

        if (process.ExitCode != 0)
            throw new InvalidOperationException($"the run failed ({process.ExitCode}): {await errors}\n{await output}");
        return await ReadAsync(database.Length > 0 ? database : Path.Combine(data, "interop.db"), cpu.TotalSeconds, peak);
    }

    private static async Task<InteropRun> ReadAsync(string connection, double cpu, long peak)
    {
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = connection });
        var row = await database.ReadAsync(
            (session, token) =>
                session.FirstAsync<Row>(
                    "SELECT started_at, finished_at, status, fetched, upserted, unchanged, dead_letters FROM ingestion_runs ORDER BY run_id DESC LIMIT 1",
                    null,
                    token
                )
        );
        return new InteropRun(
            (row!.FinishedAt - row.StartedAt).TotalSeconds,
            row.Fetched,
            row.Upserted,
            row.Unchanged,
            row.DeadLetters,
            cpu,
            peak
        );
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

using System.CommandLine;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Interop.Bench.Telemetry;
using Interop.TestServers;
using Microsoft.AspNetCore.Identity;
using Spectre.Console;

namespace Interop.Bench.Uploads;

/// <summary>
/// <c>upload</c>: rows per second into the sandbox's FHIR server, beside the sandbox's own limit and a bare loop of the same requests; how
/// long a file of 50 MB takes until it is accepted, and the peak memory; and the cost of one login.
/// </summary>
internal static class UploadBench
{
    private const int Connections = 16;
    private const int Logins = 20;
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(50);

    public static IEnumerable<Command> Create()
    {
        var rows = new Option<int>("--rows") { Description = "Rows that are submitted", DefaultValueFactory = _ => 20_000 };
        var megabytes = new Option<int>("--megabytes")
        {
            Description = "The size of the file that is only accepted",
            DefaultValueFactory = _ => 50,
        };
        var acceptOnly = new Option<bool>("--accept-only") { Description = "Measure only how fast a large file is accepted" };
        var command = new Command("upload", "Rows of a CSV file into a FHIR server, compared with a bare loop of the same requests")
        {
            rows,
            megabytes,
            acceptOnly,
        };
        command.SetAction(
            (parsed, _) => RunAsync(parsed.GetValue(rows), parsed.GetValue(megabytes) * 1000L * 1000, parsed.GetValue(acceptOnly))
        );
        return [command, .. UploadRivals.Create()];
    }

    private static async Task<int> RunAsync(int rows, long bytes, bool acceptOnly)
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        var databases = new (string Name, Func<Task<string>> Url)[]
        {
            ("SQLite", () => Task.FromResult("")),
            ("PostgreSQL", () => postgres.CreateDatabaseAsync($"upload_{Guid.NewGuid():N}")),
        };
        Console.WriteLine($"{Environment.ProcessorCount} cores, with the sandbox and PostgreSQL on them");
        Console.WriteLine($"one login (PBKDF2): {LoginCost().TotalMilliseconds:0.0} ms of a processor");
        var accepted = Table("a file until it is accepted", "rows", "MB", "seconds", "processor s", "peak MiB");
        foreach (var (name, url) in databases)
        {
            var (count, seconds, cpu, peak) = await AcceptAsync(await url(), bytes);
            accepted.AddRow(name, $"{count:N0}", $"{bytes / 1e6:0}", $"{seconds:0.0}", $"{cpu:0.0}", $"{peak / 1024 / 1024:N0}");
        }
        AnsiConsole.Profile.Width = 120;
        AnsiConsole.Write(accepted);
        if (acceptOnly)
            return 0;

        var submitted = Table("rows into the FHIR server", "rows/s", "µs sandbox/row", "µs Interop/row");
        var limit = await MeasureAsync("(a) the sandbox's limit: requests prepared before", prepared: true);
        var loop = await MeasureAsync("(b) a bare loop of the same requests", prepared: false);
        var slowest = double.MaxValue;
        foreach (var (name, url) in databases)
        {
            await using var sandbox = await UploadRivals.StartSandboxAsync();
            slowest = Math.Min(slowest, await SubmitAsync($"(c) Interop on {name}", await url(), sandbox));
        }
        AnsiConsole.Write(submitted);
        Console.WriteLine($"ratio (c)/(a): {slowest / limit:0.00}");
        Console.WriteLine($"ratio (c)/(b): {slowest / loop:0.00}");
        return 0;

        async Task<double> MeasureAsync(string what, bool prepared)
        {
            await using var sandbox = await UploadRivals.StartSandboxAsync();
            await UploadRivals.LoopAsync(sandbox.Address, 2_000, first: 900_000, Connections, prepared); // until it is compiled
            var cpu = sandbox.Cpu;
            var seconds = await UploadRivals.LoopAsync(sandbox.Address, rows, first: 0, Connections, prepared);
            submitted.AddRow(what, $"{rows / seconds:N0}", $"{(sandbox.Cpu - cpu).TotalMicroseconds / rows:0}", "");
            return rows / seconds;
        }

        async Task<double> SubmitAsync(string what, string url, ServedProcess sandbox)
        {
            var data = Directory.CreateTempSubdirectory("interop-bench-").FullName;
            try
            {
                await using var server = await StartAsync(url, data, ("FHIR_TARGET_URL", new Uri(sandbox.Address, "fhir").AbsoluteUri));
                using var http = new HttpClient { BaseAddress = server.Address, Timeout = Timeout.InfiniteTimeSpan };
                await EndAsync(http, await SendAsync(http, new PatientCsv(900_000, 2_000)), 2_000);
                var (own, others) = (server.Cpu, sandbox.Cpu);
                var startedAt = Stopwatch.GetTimestamp();
                await EndAsync(http, await SendAsync(http, new PatientCsv(0, rows)), rows);
                var seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
                submitted.AddRow(
                    what,
                    $"{rows / seconds:N0}",
                    $"{(sandbox.Cpu - others).TotalMicroseconds / rows:0}",
                    $"{(server.Cpu - own).TotalMicroseconds / rows:0}"
                );
                return rows / seconds;
            }
            finally
            {
                Directory.Delete(data, recursive: true);
            }
        }
    }

    /// <summary>A file without an upstream: its rows are stored and wait.</summary>
    private static async Task<(long Rows, double Seconds, double CpuSeconds, long PeakBytes)> AcceptAsync(string url, long bytes)
    {
        var data = Directory.CreateTempSubdirectory("interop-bench-").FullName;
        try
        {
            await using var server = await StartAsync(url, data, ("Uploads__MaxMebibytes", $"{Math.Max(1, bytes / 1_000_000)}"));
            using var http = new HttpClient { BaseAddress = server.Address, Timeout = Timeout.InfiniteTimeSpan };
            await SendAsync(http, new PatientCsv(0, 10_000)); // until it is compiled
            var file = new PatientCsv(0, (int)(bytes / PatientCsv.BytesPerRow));
            var cpu = server.Cpu;
            var startedAt = Stopwatch.GetTimestamp();
            var id = await SendAsync(http, file);
            var seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
            var used = (server.Cpu - cpu).TotalSeconds;
            using var state = JsonDocument.Parse(await http.GetStringAsync($"uploads/{id}"));
            var stored = state.RootElement.GetProperty("rows").GetInt64();
            return stored == file.Rows && state.RootElement.GetProperty("failed").GetInt64() == 0
                ? (stored, seconds, used, server.PeakBytes)
                : throw new InvalidOperationException($"of {file.Rows} rows {stored} are stored: {state.RootElement}");
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static Task<ServedProcess> StartAsync(string url, string data, params (string Name, string Value)[] settings) =>
        ServedProcess.StartAsync(
            "Interop.Silo",
            ["serve"],
            [("PORT", "0"), ("INTEROP_DATA", data), ("DB_URL", url), ("LOG_LEVEL", "Error"), .. settings]
        );

    private static async Task<string> SendAsync(HttpClient http, PatientCsv file)
    {
        using var content = new StreamContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        using var form = new MultipartFormDataContent { { content, "file", "patients.csv" } };
        using var answer = await http.PostAsync("upload-csv?profile=patients", form);
        var body = await answer.Content.ReadAsStringAsync();
        using var document = JsonDocument.Parse(body);
        return answer.IsSuccessStatusCode
            ? document.RootElement.GetProperty("file_id").GetString()!
            : throw new InvalidOperationException($"the file is refused: {body}");
    }

    private static async Task EndAsync(HttpClient http, string id, int rows)
    {
        while (true)
        {
            using var state = JsonDocument.Parse(await http.GetStringAsync($"uploads/{id}"));
            if (state.RootElement.GetProperty("status").GetString() == "COMPLETED")
            {
                if (state.RootElement.GetProperty("succeeded").GetInt64() != rows)
                    throw new InvalidOperationException($"not all of {rows} rows succeeded: {state.RootElement}");
                return;
            }
            await Task.Delay(PollPeriod);
        }
    }

    private static TimeSpan LoginCost()
    {
        var hasher = new PasswordHasher<string>();
        var hash = hasher.HashPassword("", "a password of a user");
        var startedAt = Stopwatch.GetTimestamp();
        for (var i = 0; i < Logins; i++)
            hasher.VerifyHashedPassword("", hash, "another password");
        return Stopwatch.GetElapsedTime(startedAt) / Logins;
    }

    private static Table Table(params string[] columns)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn(columns[0]);
        foreach (var column in columns.Skip(1))
            table.AddColumn(new TableColumn(column).RightAligned());
        return table;
    }
}

using System.Net.Http.Json;
using System.Text.Json;
using Interop.Bench.Telemetry;
using Interop.Silo.Hosting;
using Interop.TestServers;

namespace Interop.Bench.Cluster;

/// <summary>Silos and front ends on loopback, each in a process of its own, over one new database.</summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private readonly string _data = Directory.CreateTempSubdirectory("interop-bench-").FullName;
    private readonly (string Name, string Value)[] _settings;
    private readonly bool _isOneProcess;
    private readonly List<ServedProcess> _silos = [];
    private readonly List<ServedProcess> _frontEnds = [];

    private BenchCluster(string database, bool isOneProcess, (string Name, string Value)[] settings)
    {
        Database = database;
        _isOneProcess = isOneProcess;
        _settings =
        [
            ("PORT", "0"),
            ("DB_URL", database),
            ("JWT_SECRET_KEY", new string('k', 32)),
            ("LOG_LEVEL", "None"),
            ("FHIR_POLLING_ENABLED", "false"),
            .. settings,
        ];
    }

    /// <summary>The connection string of the database.</summary>
    public string Database { get; }

    public IReadOnlyList<ServedProcess> Silos => _silos;

    /// <summary>The processes that serve the API: the front ends, or the one process that is both.</summary>
    public IReadOnlyList<ServedProcess> FrontEnds => _isOneProcess ? _silos : _frontEnds;

    public HttpClient Http => new() { BaseAddress = FrontEnds[0].Address, Timeout = Patience };

    /// <summary>The data folder of a silo.</summary>
    public string DataOf(int silo) => Path.Combine(_data, $"silo{silo}");

    /// <param name="postgres">The database server.</param>
    /// <param name="silos">The number of silos.</param>
    /// <param name="frontEnds">The number of front ends; 0: one process is silo and front end.</param>
    /// <param name="settings">Further settings of every process.</param>
    public static async Task<BenchCluster> StartAsync(
        PostgresServer postgres,
        int silos,
        int frontEnds,
        params (string Name, string Value)[] settings
    )
    {
        var cluster = new BenchCluster(await postgres.CreateDatabaseAsync(), frontEnds == 0, settings);
        try
        {
            var starting = Enumerable.Range(0, silos).Select(cluster.StartSiloAsync).ToList();
            var fronts = Enumerable.Range(0, frontEnds).Select(cluster.StartFrontEndAsync).ToList();
            cluster._silos.AddRange(await Task.WhenAll(starting));
            cluster._frontEnds.AddRange(await Task.WhenAll(fronts));
            await cluster.WaitForSilosAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a silo again that has ended, with its data folder.</summary>
    public async Task RestartAsync(int silo)
    {
        await _silos[silo].DisposeAsync();
        _silos[silo] = await StartSiloAsync(silo);
    }

    /// <summary>Waits until every silo is an active member, and no other one.</summary>
    public async Task WaitForSilosAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (true)
        {
            timeout.Token.ThrowIfCancellationRequested();
            try
            {
                using var http = Http;
                var answer = await http.GetFromJsonAsync<JsonElement>("/api/cluster", timeout.Token);
                if (
                    answer.GetProperty("silos").EnumerateArray().Count(s => s.GetProperty("status").GetString() == "active") == _silos.Count
                )
                    return;
            }
            catch (HttpRequestException)
            {
                // Not ready yet.
            }

            await Task.Delay(PollInterval, timeout.Token);
        }
    }

    /// <summary>Starts a run without waiting for its end.</summary>
    /// <returns>The run id.</returns>
    public async Task<long> StartRunAsync(string source, string type, bool full = false)
    {
        using var http = Http;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/ingest/{type}?source={source}{(full ? "&full=true" : "")}");
        request.Headers.Add("Prefer", "respond-async");
        using var response = await http.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonDocument.Parse(body).RootElement.GetProperty("run_id").GetInt64()
            : throw new InvalidOperationException($"the run did not start: {(int)response.StatusCode} {body}");
    }

    /// <summary>Waits until the run has succeeded.</summary>
    public async Task<RunState> FinishAsync(long run)
    {
        while (true)
        {
            var state = await RunState.ReadAsync(Database, run);
            switch (state.Status)
            {
                case "SUCCESS":
                    return state;
                case "RUNNING" or "RETRYING":
                    await Task.Delay(PollInterval);
                    break;
                default:
                    throw new InvalidOperationException($"run {run} ended {state.Status}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _frontEnds.Concat(_silos))
            await process.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    private Task<ServedProcess> StartSiloAsync(int silo) => StartAsync(_isOneProcess ? "all" : "silo", DataOf(silo));

    private Task<ServedProcess> StartFrontEndAsync(int frontEnd) => StartAsync("api", Path.Combine(_data, $"api{frontEnd}"));

    private Task<ServedProcess> StartAsync(string role, string data) =>
        ServedProcess.StartAsync("Interop.Silo", ["serve"], [("ROLE", role), ("INTEROP_DATA", data), .. _settings]);

    /// <summary>Whether this build has the embedded engine, which has one silo.</summary>
    public static bool IsEmbedded => Engine.IsEmbedded;
}

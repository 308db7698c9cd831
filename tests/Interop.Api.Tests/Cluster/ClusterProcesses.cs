using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.Storage;
using Interop.Storage.Connections;
using Interop.TestServers;

namespace Interop.Api.Tests.Cluster;

/// <summary>Silos and front ends, each in a process and a folder of its own, over one new database.</summary>
internal sealed class ClusterProcesses : IAsyncDisposable
{
    /// <summary>The tests of clusters run one after another: each one starts several processes.</summary>
    public const string Collection = "clusters of processes";

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _settings;
    private readonly List<InteropProcess> _processes = [];

    private ClusterProcesses(string connection, (string Name, string Value)[] settings)
    {
        _settings = new Dictionary<string, string>
        {
            ["PORT"] = "0",
            ["DB_URL"] = connection,
            ["JWT_SECRET_KEY"] = new('k', 32),
            ["FHIR_POLLING_ENABLED"] = "false",
        };
        foreach (var (name, value) in settings)
            _settings[name] = value;
        Database = DatabaseFactory.Open(new DatabaseOptions { Connection = connection });
    }

    /// <summary>The cluster's database, as the test reads it.</summary>
    public Database Database { get; }

    /// <param name="settings">Settings of every process.</param>
    public static async Task<ClusterProcesses> CreateAsync(params (string Name, string Value)[] settings) =>
        On(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync(), settings);

    /// <param name="connection">The database.</param>
    /// <param name="settings">Settings of every process.</param>
    public static ClusterProcesses On(string connection, params (string Name, string Value)[] settings) => new(connection, settings);

    /// <summary>The path of a file beside the folders of the processes.</summary>
    public string File(string name) => _folder.File(name);

    /// <summary>Starts a silo in the folder of its name; a later start under the same name has the same data.</summary>
    public InteropProcess StartSilo(string name, params (string Name, string Value)[] settings) =>
        Start(AppContext.BaseDirectory, name, [("ROLE", "silo"), .. settings], "serve");

    /// <summary>Starts a front end.</summary>
    public InteropProcess StartFrontEnd(string name = "api", params (string Name, string Value)[] settings) =>
        Start(AppContext.BaseDirectory, name, [("ROLE", "api"), .. settings], "serve");

    /// <summary>Runs a command on the cluster's database to its end.</summary>
    public async Task<(int ExitCode, string Errors)> RunAsync(params string[] arguments)
    {
        var command = Start(AppContext.BaseDirectory, "command", [], arguments);
        return (await command.ExitCodeAsync(), command.Errors.Trim());
    }

    /// <param name="program">The folder of the built program.</param>
    /// <param name="name">The folder of the process.</param>
    /// <param name="settings">Further settings.</param>
    /// <param name="arguments">The command line.</param>
    public InteropProcess Start(string program, string name, (string Name, string Value)[] settings, params string[] arguments)
    {
        var all = new Dictionary<string, string>(_settings);
        foreach (var (setting, value) in settings)
            all[setting] = value;
        var folder = Directory.CreateDirectory(_folder.File(name)).FullName;
        var process = InteropProcess.StartProgram(program, folder, all, arguments);
        _processes.Add(process);
        return process;
    }

    /// <summary>Starts silos and one front end; returns when all silos are active.</summary>
    public async Task<(InteropProcess[] Silos, HttpClient Http)> StartAllAsync(int silos)
    {
        var started = Enumerable.Range(1, silos).Select(i => StartSilo($"silo{i}")).ToArray();
        var http = await StartFrontEnd().ClientAsync();
        await WaitForSilosAsync(http, silos);
        return (started, http);
    }

    /// <summary>Waits until the cluster has this many active silos.</summary>
    public static Task WaitForSilosAsync(HttpClient http, int count) =>
        Eventually.Is(async () => (await ActiveSilosAsync(http)) == count, $"{count} active silos");

    public static async Task<int> ActiveSilosAsync(HttpClient http) =>
        (await http.GetJsonAsync("/api/cluster")).GetProperty("silos").EnumerateArray().Count(silo => silo.Text("status") == "active");

    /// <summary>The process that owns the run.</summary>
    /// <returns>Null: the run has no owner.</returns>
    public async Task<int?> OwnerAsync(long run) =>
        await ValueAsync<string?>($"SELECT owner FROM ingestion_runs WHERE run_id = {run}") is { } owner
            ? int.Parse(owner.Split('|')[1])
            : null;

    /// <summary>One value of the database.</summary>
    public Task<T> ValueAsync<T>(string sql) => Database.ReadAsync((session, token) => session.ScalarAsync<T>(sql, null, token))!;

    /// <summary>The log lines of a process, which are JSON objects.</summary>
    public static IEnumerable<JsonElement> LinesOf(InteropProcess process) =>
        process.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement);

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
            await process.DisposeAsync();
        await Database.DisposeAsync();
        _folder.Dispose();
    }
}

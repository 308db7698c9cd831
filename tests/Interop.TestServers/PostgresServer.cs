using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Interop.TestServers;

/// <summary>
/// A PostgreSQL server for tests, in a temporary directory and on a free port of 127.0.0.1. <see cref="DisposeAsync"/> stops it and removes
/// the directory; so does the end of the test process, even when it is killed.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string Superuser = "interop";

    // Each test has a database of its own, and the pools of killed silos keep their connections for some minutes.
    private static readonly Lazy<Task<PostgresServer>> SharedServer = new(() =>
        StartNewAsync(
            new PostgresServerOptions
            {
                Fsync = false,
                Settings = new Dictionary<string, string> { ["max_connections"] = "1000" },
            }
        )
    );

    private readonly PostgresServerOptions _options;
    private readonly OwnedDirectory _directory;
    private Process? _process;
    private int _databases;

    private PostgresServer(PostgresServerOptions options, OwnedDirectory directory, int port)
    {
        _options = options;
        _directory = directory;
        Port = port;
    }

    public int Port { get; }

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Npgsql's connection string to the database "postgres".</summary>
    public string ConnectionString => ConnectionStringTo("postgres");

    /// <summary>The same as <c>postgres://</c> URI.</summary>
    public string Uri => UriTo("postgres");

    /// <summary>Where the server's data, log and socket are.</summary>
    public string DirectoryPath => _directory.Path;

    /// <summary>The server's log so far.</summary>
    public string Log => File.Exists(LogPath) ? File.ReadAllText(LogPath) : "";

    private string DataPath => Path.Combine(_directory.Path, "data");

    private string LogPath => Path.Combine(_directory.Path, "server.log");

    /// <summary>One fast server (no fsync, no password) for all tests of this process. It ends with the process. Do not stop it.</summary>
    public static Task<PostgresServer> SharedAsync() => SharedServer.Value;

    /// <summary>Starts a server of its own for a test.</summary>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed, or did not start. The message has the end of its
    /// log.</exception>
    public static async Task<PostgresServer> StartNewAsync(
        PostgresServerOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        options ??= new PostgresServerOptions();
        _ = PostgresBinaries.Directory;
        var server = new PostgresServer(options, await OwnedDirectory.CreateAsync("interop-pg-", cancellationToken), FreePort());
        try
        {
            await server.InitializeAsync(cancellationToken);
            await server.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public string ConnectionStringTo(string database) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Port,
            Username = Superuser,
            Password = _options.Password,
            Database = database,
        }.ConnectionString;

    public string UriTo(string database) =>
        $"postgres://{Superuser}{(_options.Password is { } password ? ":" + System.Uri.EscapeDataString(password) : "")}@127.0.0.1:{Port}/{database}";

    /// <summary>A fresh, empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync(string? name = null, CancellationToken cancellationToken = default)
    {
        name ??= $"test_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync($"CREATE DATABASE \"{name}\"", cancellationToken);
        return ConnectionStringTo(name);
    }

    /// <summary>Starts again on the same data and the same port.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (IsRunning)
            return;
        _process?.Dispose();
        var settings = new Dictionary<string, string>
        {
            ["port"] = Port.ToString(),
            ["listen_addresses"] = "127.0.0.1",
            ["unix_socket_directories"] = _directory.Path,
            ["fsync"] = OnOff(_options.Fsync),
            ["synchronous_commit"] = OnOff(_options.Fsync),
            ["full_page_writes"] = OnOff(_options.Fsync),
        };
        foreach (var (name, value) in _options.Settings)
            settings[name] = value;
        _process = _directory.Start(
            LogPath,
            [
                Path.Combine(PostgresBinaries.Directory, "postgres"),
                "-D",
                DataPath,
                .. settings.SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" }),
            ]
        );
        await UntilReadyAsync(cancellationToken);
    }

    /// <summary>Stops the server with a clean shutdown. Open connections are closed.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => SignalAsync(UnixProcess.Interrupt, cancellationToken);

    /// <summary>Stops the server at once, like a crash: the next start runs recovery.</summary>
    public Task KillAsync(CancellationToken cancellationToken = default) => SignalAsync(UnixProcess.Quit, cancellationToken);

    /// <summary>Stops the server and all its connections like a machine that hangs: connections stay open and nothing answers.</summary>
    public void Freeze() => SignalAll(UnixProcess.Stop);

    /// <summary>Ends <see cref="Freeze"/>.</summary>
    public void Thaw() => SignalAll(UnixProcess.Continue);

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
            Thaw();
        await KillAsync();
        _process?.Dispose();
        _process = null;
        await _directory.DisposeAsync();
    }

    private async Task InitializeAsync(CancellationToken cancellationToken)
    {
        List<string> command =
        [
            Path.Combine(PostgresBinaries.Directory, "initdb"),
            "-D",
            DataPath,
            "-U",
            Superuser,
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        ];
        if (_options.Password is { } password)
        {
            var file = Path.Combine(_directory.Path, "password");
            await File.WriteAllTextAsync(file, password, cancellationToken);
            await _directory.TakeOverAsync(file, cancellationToken);
            command.AddRange(["--auth=scram-sha-256", $"--pwfile={file}"]);
        }
        else
        {
            command.Add("--auth=trust");
        }
        using var process = _directory.Start(LogPath, command);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"initdb ended with {process.ExitCode}: {LogTail()}");
    }

    private async Task UntilReadyAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await ExecuteAsync("SELECT 1", cancellationToken);
                return;
            }
            catch (NpgsqlException e)
            {
                if (!IsRunning || Stopwatch.GetElapsedTime(started) > _options.StartTimeout)
                    throw new InvalidOperationException($"PostgreSQL did not start on port {Port}: {LogTail()}", e);
            }
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false, Timeout = 5 };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // The started process replaced itself with the server, so its id is the postmaster's.
    private async Task SignalAsync(int signal, CancellationToken cancellationToken)
    {
        if (!IsRunning)
            return;
        UnixProcess.Signal(_process!.Id, signal);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(_options.StartTimeout);
        await _process.WaitForExitAsync(timeout.Token);
    }

    private void SignalAll(int signal)
    {
        foreach (var process in UnixProcess.WithChildren(_process!.Id))
            UnixProcess.Signal(process, signal);
    }

    private string LogTail() => Log is { Length: > 2000 } log ? log[^2000..] : Log;

    private static string OnOff(bool value) => value ? "on" : "off";

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

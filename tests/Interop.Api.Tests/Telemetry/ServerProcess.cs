using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Interop.Api.Tests.Telemetry;

/// <summary>Interop in a process of its own, as users run it. The test reads its log, and can kill it.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);
    private readonly Process _process;
    private readonly StringBuilder _log;

    private ServerProcess(Process process, StringBuilder log, Uri address)
    {
        _process = process;
        _log = log;
        Http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1024 })
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    public HttpClient Http { get; }

    /// <summary>The output of both streams.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    /// <param name="data">INTEROP_DATA.</param>
    /// <param name="settings">Further settings.</param>
    public static async Task<ServerProcess> StartAsync(string data, params (string Name, string Value)[] settings)
    {
        var folder = AppContext.BaseDirectory;
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = data,
            ArgumentList =
            {
                "exec",
                "--runtimeconfig",
                Path.Combine(folder, "Interop.Api.Tests.runtimeconfig.json"),
                "--depsfile",
                Path.Combine(folder, "Interop.Api.Tests.deps.json"),
                Path.Combine(folder, "Interop.Silo.dll"),
                "serve",
            },
        };
        foreach (var (name, value) in settings.Prepend(("INTEROP_DATA", data)).Prepend(("PORT", "0")))
            start.Environment[name] = value;

        var log = new StringBuilder();
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, e) => Take(e.Data);
        process.ErrorDataReceived += (_, e) => Take(e.Data);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => address.TrySetException(new InvalidOperationException($"Interop did not start: {log}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ServerProcess(process, log, await address.Task.WaitAsync(StartTimeout));

        void Take(string? line)
        {
            lock (log)
                log.AppendLine(line);
            if (line?.Split(' ') is ["Interop", _, "on", var url, ..])
                address.TrySetResult(new Uri(url));
        }
    }

    public Task<HttpResponseMessage> PostAsync(string path, string body) =>
        Http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));

    public async Task<JsonElement> GetAsync(string path) => await Http.GetFromJsonAsync<JsonElement>(path);

    /// <summary>Ends the process without any warning.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }
}

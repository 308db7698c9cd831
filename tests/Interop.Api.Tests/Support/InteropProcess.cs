using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Interop.Api.Tests.Support;

/// <summary>The built program as a child process, in an empty folder and with the given settings as its only ones.</summary>
internal sealed partial class InteropProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private InteropProcess(Process process) => _process = process;

    public string Output => string.Join('\n', _output);

    /// <summary>Standard error: the logs, or the one line that a failed start says.</summary>
    public string Errors => string.Join('\n', _errors);

    public int ProcessId => _process.Id;

    public bool HasExited => _process.HasExited;

    public static InteropProcess Start(string folder, IReadOnlyDictionary<string, string> settings, params string[] arguments) =>
        StartProgram(AppContext.BaseDirectory, folder, settings, arguments);

    /// <param name="program">The folder of the built program.</param>
    /// <param name="folder">The working directory.</param>
    /// <param name="settings">The environment.</param>
    /// <param name="arguments">The command line.</param>
    public static InteropProcess StartProgram(
        string program,
        string folder,
        IReadOnlyDictionary<string, string> settings,
        params string[] arguments
    )
    {
        var start = new ProcessStartInfo(Path.Combine(program, "Interop.Silo"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        var kept = start
            .Environment.Where(v => v.Key is "PATH" or "HOME" or "TMPDIR" || v.Key.StartsWith("DOTNET_", StringComparison.Ordinal))
            .ToList();
        start.Environment.Clear();
        foreach (var (name, value) in kept.Select(v => (v.Key, v.Value!)).Concat(settings.Select(s => (s.Key, s.Value))))
            start.Environment[name] = value;

        var child = new InteropProcess(new Process { StartInfo = start, EnableRaisingEvents = true });
        child._process.OutputDataReceived += (_, line) => child.Heard(line.Data);
        child._process.ErrorDataReceived += (_, line) => child._errors.Enqueue(line.Data ?? "");
        child._process.Exited += (_, _) =>
            child._address.TrySetException(new InvalidOperationException("the program ended before it listened"));
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string folder,
        IReadOnlyDictionary<string, string> settings,
        params string[] arguments
    )
    {
        await using var child = Start(folder, settings, arguments);
        var exitCode = await child.ExitCodeAsync();
        return (exitCode, child.Output, child.Errors.Trim());
    }

    /// <summary>Runs a command to its end, with text on standard input.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunWithInputAsync(
        string folder,
        IReadOnlyDictionary<string, string> settings,
        string input,
        params string[] arguments
    )
    {
        await using var child = Start(folder, settings, arguments);
        await child._process.StandardInput.WriteAsync(input);
        child._process.StandardInput.Close();
        var exitCode = await child.ExitCodeAsync();
        return (exitCode, child.Output, child.Errors.Trim());
    }

    /// <summary>A client of the API, as soon as it listens.</summary>
    public async Task<HttpClient> ClientAsync()
    {
        try
        {
            return new HttpClient { BaseAddress = await _address.Task.WaitAsync(Patience), Timeout = Patience };
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            throw new InvalidOperationException($"The program does not listen.\n{Output}\n{Errors}", e);
        }
    }

    public async Task<int> ExitCodeAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(timeout.Token);
        return _process.ExitCode;
    }

    /// <summary>Sends SIGKILL: the process can neither release nor log anything.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitCodeAsync();
    }

    /// <summary>SIGTERM, as a service manager sends it; the exit code.</summary>
    public Task<int> TerminateAsync() => SignalAsync("TERM");

    /// <summary>SIGINT, as Ctrl-C sends it; the exit code.</summary>
    public Task<int> InterruptAsync() => SignalAsync("INT");

    private async Task<int> SignalAsync(string signal)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {_process.Id}"]);
        await kill.WaitForExitAsync();
        return await ExitCodeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private void Heard(string? line)
    {
        _output.Enqueue(line ?? "");
        if (Listening().Match(line ?? "") is { Success: true } match)
            _address.TrySetResult(new Uri(match.Groups[1].Value));
    }

    [GeneratedRegex(@"^Interop \S+ on (http://\S+)")]
    private static partial Regex Listening();
}

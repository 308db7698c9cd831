using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Interop.Browser.Tests;

/// <summary>The built program as a child process, with the given settings as its only ones.</summary>
internal sealed partial class InteropProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private InteropProcess(Process process) => _process = process;

    /// <summary>Everything that the program has printed and logged.</summary>
    public string Output => string.Join('\n', _output);

    public static InteropProcess Start(string folder, IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Interop.Silo.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        start.Environment["INTEROP_DATA"] = Path.Combine(folder, "data");
        var child = new InteropProcess(new Process { StartInfo = start, EnableRaisingEvents = true });
        child._process.OutputDataReceived += (_, line) => child.Heard(line.Data);
        child._process.ErrorDataReceived += (_, line) => child._output.Enqueue(line.Data ?? "");
        child._process.Exited += (_, _) =>
            child._address.TrySetException(new InvalidOperationException("the program ended before it listened"));
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Where it listens, as soon as it does.</summary>
    public async Task<Uri> AddressAsync()
    {
        try
        {
            return await _address.Task.WaitAsync(Patience);
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            throw new InvalidOperationException($"The program does not listen.\n{Output}", e);
        }
    }

    /// <summary>Writes a line to standard input, closes it and waits for the end of a command.</summary>
    public async Task<int> FinishAsync(string input)
    {
        await _process.StandardInput.WriteLineAsync(input);
        _process.StandardInput.Close();
        using var timeout = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(timeout.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

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

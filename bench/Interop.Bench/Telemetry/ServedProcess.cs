using System.Diagnostics;
using Interop.TestServers;

namespace Interop.Bench.Telemetry;

/// <summary>A server in a process of its own. It is ready when it has written its first line, <c>NAME VERSION on URL</c>.</summary>
internal sealed class ServedProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServedProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    public int ProcessId => _process.Id;

    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The peak of the resident memory so far.</summary>
    public long PeakBytes
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>Resident memory.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public static async Task<ServedProcess> StartAsync(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, program)) { RedirectStandardOutput = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Split(' ') is not [_, _, "on", var url, ..])
                continue;
            _ = process.StandardOutput.ReadToEndAsync(); // so that the pipe does not fill
            return new ServedProcess(process, new Uri(url));
        }

        throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} did not start");
    }

    /// <summary>Sends a signal of <see cref="UnixProcess"/>.</summary>
    public void Signal(int signal) => UnixProcess.Signal(_process.Id, signal);

    /// <summary>Waits until the process has ended by itself.</summary>
    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}

using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Interop.Api.Tests.Access;

/// <summary>A script of this folder on Node.js, with a package of the npm registry, in a process of its own.</summary>
internal sealed class NpmServer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;

    private NpmServer(Process process, string address)
    {
        _process = process;
        Address = address;
    }

    /// <summary>The first line with an address that the script printed.</summary>
    public string Address { get; }

    /// <param name="script">The name of the script without its ending; its folder beside the tests has the same name.</param>
    /// <param name="package">Name and version.</param>
    public static async Task<NpmServer> StartAsync(string script, string package)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, script);
        if (!Directory.Exists(Path.Combine(folder, "node_modules", package.Split('@')[0])))
        {
            Directory.CreateDirectory(folder);
            using var install = Start("npm", folder, "install", "--no-audit", "--no-fund", "--prefix", folder, package);
            using var timeout = new CancellationTokenSource(Patience);
            await install.WaitForExitAsync(timeout.Token);
            Assert.True(install.ExitCode == 0, await install.StandardError.ReadToEndAsync());
        }

        File.Copy(Source(script), Path.Combine(folder, $"{script}.mjs"), overwrite: true);
        var process = Start("node", folder, $"{script}.mjs");
        // A package may print remarks about its configuration first.
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            if (line.StartsWith("http://", StringComparison.Ordinal))
                return new NpmServer(process, line);
        }

        throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private static Process Start(string program, string folder, params string[] arguments) =>
        Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;

    private static string Source(string script, [CallerFilePath] string file = "") =>
        Path.Combine(Path.GetDirectoryName(file)!, $"{script}.mjs");
}

using System.Diagnostics;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;

namespace Interop.Api.Tests.Access;

/// <summary>A real authorization server that verifies signed assertions: oidc-provider of the npm registry, in a process of its
/// own.</summary>
internal sealed class SmartServer : IAsyncDisposable
{
    private const string Package = "oidc-provider@9.13.3";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly HttpClient _http;

    private SmartServer(Process process, string url)
    {
        _process = process;
        TokenUrl = $"{url}/token";
        _http = new HttpClient { BaseAddress = new Uri(url) };
    }

    public string TokenUrl { get; }

    public static async Task<SmartServer> StartAsync()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "smart-server");
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "oidc-provider")))
        {
            Directory.CreateDirectory(folder);
            using var install = Start("npm", folder, "install", "--no-audit", "--no-fund", "--prefix", folder, Package);
            using var timeout = new CancellationTokenSource(Patience);
            await install.WaitForExitAsync(timeout.Token);
            Assert.True(install.ExitCode == 0, await install.StandardError.ReadToEndAsync());
        }

        File.Copy(Script(), Path.Combine(folder, "smart-server.mjs"), overwrite: true);
        var process = Start("node", folder, "smart-server.mjs");
        string? line;
        // The library prints remarks about its configuration first.
        while ((line = await process.StandardOutput.ReadLineAsync().WaitAsync(Patience)) is not null)
        {
            if (line.StartsWith("http://", StringComparison.Ordinal))
                return new SmartServer(process, line);
        }

        throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
    }

    /// <summary>Registers a client by its id and its keys: <c>jwks</c> or <c>jwks_uri</c>.</summary>
    public async Task RegisterAsync(object client) => (await _http.PostAsJsonAsync("/test/client", client)).EnsureSuccessStatusCode();

    /// <summary>The tokens that it gave so far.</summary>
    public async Task<string[]> IssuedAsync() => (await _http.GetFromJsonAsync<string[]>("/test/issued"))!;

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
        return ValueTask.CompletedTask;
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

    private static string Script([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "smart-server.mjs");
}

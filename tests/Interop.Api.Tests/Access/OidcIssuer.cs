using System.Diagnostics;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;

namespace Interop.Api.Tests.Access;

/// <summary>A real OpenID Connect issuer: oauth2-mock-server of the npm registry, in a process of its own.</summary>
internal sealed class OidcIssuer : IAsyncDisposable
{
    private const string Package = "oauth2-mock-server@8.2.2";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly HttpClient _mint;

    private OidcIssuer(Process process, string url, Uri mint)
    {
        _process = process;
        Url = url;
        _mint = new HttpClient { BaseAddress = mint };
    }

    public string Url { get; }

    public static async Task<OidcIssuer> StartAsync()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "oidc-issuer");
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "oauth2-mock-server")))
        {
            Directory.CreateDirectory(folder);
            using var install = Start("npm", folder, "install", "--no-audit", "--no-fund", "--prefix", folder, Package);
            using var timeout = new CancellationTokenSource(Patience);
            await install.WaitForExitAsync(timeout.Token);
            Assert.True(install.ExitCode == 0, await install.StandardError.ReadToEndAsync());
        }

        File.Copy(Script(), Path.Combine(folder, "oidc-issuer.mjs"), overwrite: true);
        var process = Start("node", folder, "oidc-issuer.mjs");
        var line =
            await process.StandardOutput.ReadLineAsync().WaitAsync(Patience)
            ?? throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
        var parts = line.Split(' ');
        return new OidcIssuer(process, parts[0], new Uri(parts[1]));
    }

    /// <param name="claims">alg, and what the payload holds; rotate: with a new key.</param>
    public async Task<string> MintAsync(object claims)
    {
        using var answer = await _mint.PostAsJsonAsync("", claims);
        return await answer.Content.ReadAsStringAsync();
    }

    public ValueTask DisposeAsync()
    {
        _mint.Dispose();
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

    private static string Script([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "oidc-issuer.mjs");
}

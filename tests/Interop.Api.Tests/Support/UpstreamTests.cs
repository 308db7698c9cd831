using System.Text;
using System.Text.Json;
using Interop.Api.Tests.Telemetry;
using Interop.Sandbox;
using Interop.TestServers;

namespace Interop.Api.Tests.Support;

/// <summary>Each test has a server of its own, with the sandbox's OpenEMR and Mirth as upstream servers.</summary>
public abstract class UpstreamTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    protected SandboxServer Sandbox { get; private set; } = null!;

    private protected ServerProcess Server { get; private set; } = null!;

    /// <summary>INTEROP_DATA.</summary>
    protected string DataPath => _folder.Path;

    public async Task InitializeAsync()
    {
        Sandbox = await SandboxServer.StartAsync(Options);
        Server = await ServerProcess.StartAsync(
            _folder.Path,
            [
                ("OPENEMR_TOKEN_URL", new Uri(Sandbox.BaseAddress, "oauth2/default/token").AbsoluteUri),
                ("OPENEMR_CLIENT_ID", Sandbox.OpenEmr.ClientId),
                ("OPENEMR_CLIENT_SECRET", Sandbox.OpenEmr.ClientSecret),
                ("OPENEMR_USERNAME", Sandbox.OpenEmr.Username),
                ("OPENEMR_PASSWORD", Sandbox.OpenEmr.Password),
                ("OPENEMR_SCOPE", "openid offline_access"),
                ("MIRTH_PD_ENDPOINT_URL", new Uri(Sandbox.BaseAddress, "mirth/pd").AbsoluteUri),
                ("Tenants__default__Timeout", "00:00:03"),
                // A test that reads its own writes must not find them in the spool.
                ("Telemetry__CommitBudget", "00:00:20"),
                ("LOG_LEVEL", "Trace"),
                .. await SettingsAsync(),
            ]
        );
    }

    public virtual async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        await Sandbox.DisposeAsync();
        _folder.Dispose();
    }

    protected virtual SandboxOptions Options => new() { Patients = 0 };

    /// <summary>Further settings of the server.</summary>
    protected virtual Task<(string Name, string Value)[]> SettingsAsync() => Task.FromResult<(string, string)[]>([]);

    /// <summary>Every file under INTEROP_DATA with its content, the database and its write-ahead log included.</summary>
    protected IEnumerable<(string Place, string Content)> Files() =>
        Directory
            .GetFiles(DataPath, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) != "owner")
            .Select(file => (file, Read(file)));

    private static string Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file, Encoding.Latin1);
            return reader.ReadToEnd();
        }
        catch (FileNotFoundException)
        {
            return ""; // a part of a spool whose records are in the database since the folder was listed
        }
    }

    private protected async Task<(System.Net.HttpStatusCode Status, JsonElement Body)> PostAsync(string path, string body)
    {
        using var answer = await Server.PostAsync(path, body);
        return (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }
}

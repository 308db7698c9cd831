using Interop.Silo.Hosting;
using Interop.Silo.Settings;
using Interop.TestServers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Api.Tests.Support;

/// <summary>The whole program in this process, on a free port and in a folder of its own: engine, grains, database, API.</summary>
internal sealed class InteropServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TemporaryFolder _folder;

    private InteropServer(WebApplication app, Uri address, TemporaryFolder folder)
    {
        _app = app;
        _folder = folder;
        Http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(120) };
    }

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<InteropServer> StartAsync(params (string Name, string? Value)[] settings)
    {
        var folder = new TemporaryFolder();
        var read = Read([("INTEROP_DATA", folder.Path), .. settings]);
        var app = await InteropHost.CreateServerAsync(read, CancellationToken.None);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new InteropServer(app, new Uri(address), folder);
    }

    public static InteropSettings Read(params (string Name, string? Value)[] settings)
    {
        var values = new Dictionary<string, string?>
        {
            ["PORT"] = "0",
            ["LOG_LEVEL"] = "None",
            ["FHIR_POLLING_ENABLED"] = "false", // tests count the requests that they cause
        };
        foreach (var (name, value) in settings)
            values[name] = value;
        var layers = new SettingsLayers();
        layers.Add("the test", values);
        return SettingsServices.Read(layers, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}

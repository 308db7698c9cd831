using Interop.Api;
using Interop.Silo.Hosting;
using Interop.Silo.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Browser.Tests;

/// <summary>
/// The API and the dashboard as a front end of their own on a cluster, as <c>ROLE=api</c> runs them: nothing but the grains is shared with
/// other front ends. The embedded engine has one process, and so the front ends of a test lie in the process of its silo.
/// </summary>
internal sealed class FrontEnd : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FrontEnd(WebApplication app) => _app = app;

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<FrontEnd> StartAsync(InteropSettings settings, IClusterClient cluster)
    {
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions
            {
                // Else the files of the pages are looked up as those of the test runner.
                ApplicationName = typeof(InteropHost).Assembly.GetName().Name,
                WebRootPath = Path.Combine(AppContext.BaseDirectory, "wwwroot"),
            }
        );
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddLogging();
        builder.Services.AddSettings(settings.Configuration);
        builder.Services.AddSingleton(cluster);
        builder.Services.AddSingleton<IGrainFactory>(cluster);
        builder.AddWebServer(settings);
        builder.Services.AddInteropApi(ServerSecurity.ApiOptions(settings));
        builder.AddDashboardPages();
        var app = builder.Build();
        app.MapInteropApi();
        app.MapDashboardPages();
        await app.StartAsync();
        return new FrontEnd(app);
    }

    /// <summary>Ends without a word to its browsers: their connections break.</summary>
    public Task KillAsync() => _app.StopAsync(new CancellationToken(canceled: true));

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}

using System.Net.Http.Json;
using Interop.Sandbox;
using Microsoft.Playwright;

namespace Interop.Browser.Tests;

/// <summary>One server with data of the sandbox, and one browser, for all tests of the assembly.</summary>
public sealed class DashboardFixture : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("interop-browser-").FullName;
    private SandboxServer? _sandbox;
    private InteropProcess? _process;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Where the dashboard is.</summary>
    public Uri Address { get; private set; } = default!;

    /// <summary>A client of the API beside the dashboard.</summary>
    public HttpClient Api { get; private set; } = default!;

    public async Task InitializeAsync()
    {
        _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 200, LatePatientShare = 0.02 });
        _process = InteropProcess.Start(
            _folder,
            new Dictionary<string, string> { ["FHIR_BASE_URL"] = _sandbox.FhirBase.AbsoluteUri, ["LOG_LEVEL"] = "Warning" },
            "serve",
            "--port",
            "0"
        );
        Address = await _process.AddressAsync();
        Api = new HttpClient { BaseAddress = Address };
        foreach (var type in new[] { "patients", "observations", "encounters", "conditions" })
            (await Api.PostAsync($"/ingest/{type}", null)).EnsureSuccessStatusCode();
        _playwright = await Playwright.CreateAsync();
        _browser = await Chromium.LaunchAsync(_playwright);
    }

    /// <summary>A new window of its own, in a theme.</summary>
    internal async Task<Window> OpenAsync(string path, ColorScheme theme = ColorScheme.Light, int width = 1440, int height = 900)
    {
        var context = await _browser!.NewContextAsync(
            new()
            {
                BaseURL = Address.AbsoluteUri,
                ColorScheme = theme,
                ViewportSize = new() { Width = width, Height = height },
                TimezoneId = "Europe/Berlin",
                Locale = "en-GB",
            }
        );
        var window = new Window(context, await context.NewPageAsync(), Address);
        await window.GoToAsync(path);
        return window;
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        Api?.Dispose();
        if (_process is not null)
            await _process.DisposeAsync();
        if (_sandbox is not null)
            await _sandbox.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>All tests of pages share one server and one browser.</summary>
[CollectionDefinition("dashboard")]
public sealed class DashboardCollection : ICollectionFixture<DashboardFixture>;

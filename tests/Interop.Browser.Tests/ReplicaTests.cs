using Interop.Silo.Hosting;
using Interop.Silo.Settings;
using Interop.TestServers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace Interop.Browser.Tests;

/// <summary>Two front ends behind a load balancer that knows no affinity.</summary>
public sealed class ReplicaTests : IAsyncLifetime
{
    private const string Password = "correct horse battery staple";
    private readonly TemporaryFolder _folder = new();
    private WebApplication _silo = default!;
    private FrontEnd[] _frontEnds = [];
    private LoadBalancer _balancer = default!;
    private IPlaywright _playwright = default!;
    private IBrowser _browser = default!;

    public async Task InitializeAsync()
    {
        var data = _folder.File("data");
        await using (
            var command = InteropProcess.Start(_folder.Path, new Dictionary<string, string>(), "user", "add", "viewer1", "--role", "viewer")
        )
            Assert.Equal(0, await command.FinishAsync(Password));
        var settings = Read(data);
        _silo = await InteropHost.CreateServerAsync(settings, CancellationToken.None);
        await _silo.StartAsync();
        var cluster = _silo.Services.GetRequiredService<IClusterClient>();
        _frontEnds = [await FrontEnd.StartAsync(settings, cluster), await FrontEnd.StartAsync(settings, cluster)];
        _balancer = new LoadBalancer([.. _frontEnds.Select(frontEnd => frontEnd.Address)]);
        _playwright = await Playwright.CreateAsync();
        _browser = await Chromium.LaunchAsync(_playwright);
    }

    [Fact]
    public async Task A_session_begun_on_one_replica_has_its_pages_from_the_other_and_its_connection_to_the_first()
    {
        _balancer.Prefer = path => IsOf(path, "/login") || IsOf(path, "/_blazor") ? 0 : 1;

        await using var window = await LogInAsync("/runs");

        await Assertions.Expect(window.Page.Locator("h1")).ToContainTextAsync("Runs");
        await Assertions.Expect(window.Page.Locator(".user-name")).ToHaveTextAsync("viewer1");
        Assert.Contains(("/login", 0), _balancer.Passed);
        Assert.Contains(("/runs", 1), _balancer.Passed);
        Assert.Contains(("/_blazor", 0), _balancer.Passed);
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task Pages_work_when_each_request_goes_to_the_next_replica()
    {
        await using var window = await LogInAsync("/");

        foreach (var (path, heading) in new[] { ("/runs", "Runs"), ("/data", "Data"), ("/alerts", "Alerts"), ("/uploads", "Uploads") })
        {
            await window.GoToAsync(path);
            await Assertions.Expect(window.Page.Locator("h1")).ToContainTextAsync(heading);
        }

        Assert.Equal([0, 1], _balancer.Passed.Select(passed => passed.Server).Distinct().Order());
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_page_whose_replica_is_killed_says_so_and_comes_back_on_the_other()
    {
        _balancer.Prefer = path => IsOf(path, "/_blazor") ? 0 : 1;
        await using var window = await LogInAsync("/runs?status=FAILED");
        var lost = window.Page.GetByText("The connection to the server is lost.");

        // The other replica must not take the connection before the test has seen the message.
        _balancer.IsOpen = false;
        await _frontEnds[0].KillAsync();

        await Assertions.Expect(lost).ToBeVisibleAsync(new() { Timeout = 60_000 });
        _balancer.IsOpen = true;
        await Assertions.Expect(lost).ToBeHiddenAsync(new() { Timeout = 60_000 });
        await window.ConnectedAsync();
        await Assertions.Expect(window.Page.Locator(".user-name")).ToHaveTextAsync("viewer1");
        Assert.EndsWith("/runs?status=FAILED", window.Page.Url, StringComparison.Ordinal);
        Assert.Contains(("/_blazor", 1), _balancer.Passed);
    }

    public async Task DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        await _balancer.DisposeAsync();
        foreach (var frontEnd in _frontEnds)
            await frontEnd.DisposeAsync();
        await _silo.StopAsync();
        await _silo.DisposeAsync();
        _folder.Dispose();
    }

    private static bool IsOf(string path, string prefix) => path.StartsWith(prefix, StringComparison.Ordinal);

    private static InteropSettings Read(string data)
    {
        var layers = new SettingsLayers();
        layers.Add(
            "the test",
            new Dictionary<string, string?>
            {
                ["INTEROP_DATA"] = data,
                ["PORT"] = "0",
                ["LOG_LEVEL"] = "None",
                ["FHIR_BASE_URL"] = "http://127.0.0.1:1/fhir",
                ["FHIR_POLLING_ENABLED"] = "false",
            }
        );
        return SettingsServices.Read(layers, TimeProvider.System);
    }

    /// <summary>Opens a page without a session, which leads to the login, and logs in there.</summary>
    private async Task<Window> LogInAsync(string path)
    {
        var context = await _browser.NewContextAsync(new() { BaseURL = _balancer.Address.AbsoluteUri });
        var window = new Window(context, await context.NewPageAsync(), _balancer.Address);
        await window.GoToAsync(path);
        await window.Page.GetByLabel("User name").FillAsync("viewer1");
        await window.Page.GetByLabel("Password").FillAsync(Password);
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await window.Page.Locator(".shell").WaitForAsync();
        await window.ConnectedAsync();
        return window;
    }
}

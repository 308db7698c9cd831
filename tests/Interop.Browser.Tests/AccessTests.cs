using Interop.Sandbox;
using Microsoft.Playwright;

namespace Interop.Browser.Tests;

/// <summary>A server with users: login, roles, and a restart. It has a server of its own.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    private const string Password = "correct horse battery staple";
    private readonly string _folder = Directory.CreateTempSubdirectory("interop-browser-").FullName;
    private IPlaywright _playwright = default!;
    private IBrowser _browser = default!;
    private SandboxServer _sandbox = default!;
    private InteropProcess _process = default!;
    private Uri _address = default!;

    public async Task InitializeAsync()
    {
        foreach (var (name, role) in new[] { ("viewer1", "viewer"), ("operator1", "operator"), ("demoted1", "operator") })
        {
            await using var command = Start("user", "add", name, "--role", role);
            Assert.Equal(0, await command.FinishAsync(Password));
        }

        _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 20 });
        _process = Start("serve", "--port", "0");
        _address = await _process.AddressAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await Chromium.LaunchAsync(_playwright);
    }

    [Fact]
    public async Task A_viewer_logs_in_and_finds_no_button_to_start_a_run_and_an_operator_does()
    {
        await using (var window = await LogInAsync("viewer1", "/runs"))
        {
            await Assertions.Expect(window.Page.Locator("h1")).ToContainTextAsync("Runs");
            await Assertions.Expect(window.Page.Locator(".user-name")).ToHaveTextAsync("viewer1");
            await Assertions.Expect(window.Page.GetByRole(AriaRole.Button, new() { Name = "Start a run" })).ToHaveCountAsync(0);
        }

        await using (var window = await LogInAsync("operator1", "/"))
            await Assertions.Expect(window.Page.GetByRole(AriaRole.Button, new() { Name = "Start a run" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_user_who_lost_the_role_while_the_page_was_open_is_refused_although_the_button_is_there()
    {
        await using var window = await LogInAsync("demoted1", "/runs");
        await using (var command = Start("user", "role", "demoted1", "--role", "viewer"))
            Assert.Equal(0, await command.FinishAsync(""));

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Start a run" }).ClickAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();

        await Assertions.Expect(window.Page.Locator(".toast")).ToContainTextAsync("Your session has ended");
        await using var other = await LogInAsync("viewer1", "/runs");
        await Assertions.Expect(other.Page.GetByText("There is no run yet")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_wrong_password_is_told_and_leads_nowhere()
    {
        await using var window = await OpenAsync("/sign-in");

        await window.Page.GetByLabel("User name").FillAsync("viewer1");
        await window.Page.GetByLabel("Password").FillAsync("wrong");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();

        await Assertions.Expect(window.Page.Locator("#sign-in-problem")).ToHaveTextAsync("Invalid username or password");
    }

    [Fact]
    public async Task A_page_says_that_the_server_is_gone_and_comes_back_with_it()
    {
        await using var window = await LogInAsync("viewer1", "/runs?status=FAILED");
        await _process.DisposeAsync();

        await Assertions
            .Expect(window.Page.GetByText("The connection to the server is lost."))
            .ToBeVisibleAsync(new() { Timeout = 60_000 });
        _process = Start("serve", "--port", $"{_address.Port}");
        await _process.AddressAsync();

        await Assertions.Expect(window.Page.GetByText("The connection to the server is lost.")).ToBeHiddenAsync(new() { Timeout = 60_000 });
        await window.ConnectedAsync();
        Assert.EndsWith("/runs?status=FAILED", window.Page.Url, StringComparison.Ordinal);
    }

    public async Task DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        await _process.DisposeAsync();
        await _sandbox.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private InteropProcess Start(params string[] arguments) =>
        InteropProcess.Start(
            _folder,
            new Dictionary<string, string>
            {
                ["FHIR_BASE_URL"] = _sandbox?.FhirBase.AbsoluteUri ?? "http://127.0.0.1:1/fhir",
                ["LOG_LEVEL"] = "Warning",
            },
            arguments
        );

    private async Task<Window> OpenAsync(string path)
    {
        var context = await _browser.NewContextAsync(new() { BaseURL = _address.AbsoluteUri });
        var window = new Window(context, await context.NewPageAsync(), _address);
        await window.GoToAsync(path);
        return window;
    }

    /// <summary>Opens a page without a session, which leads to the login, and logs in there.</summary>
    private async Task<Window> LogInAsync(string name, string path)
    {
        var window = await OpenAsync(path);
        await window.Page.GetByLabel("User name").FillAsync(name);
        await window.Page.GetByLabel("Password").FillAsync(Password);
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await window.Page.Locator(".shell").WaitForAsync();
        await window.ConnectedAsync();
        return window;
    }
}

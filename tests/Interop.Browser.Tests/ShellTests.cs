using Microsoft.Playwright;

namespace Interop.Browser.Tests;

/// <summary>The navigation, the header and the command palette around every page.</summary>
[Collection("dashboard")]
public sealed class ShellTests(DashboardFixture dashboard)
{
    [Fact]
    public async Task The_start_is_a_page_for_browsers_and_JSON_for_programs()
    {
        Assert.Contains("\"openapi\"", await dashboard.Api.GetStringAsync("/"), StringComparison.Ordinal);

        await using var window = await dashboard.OpenAsync("/");

        await Assertions.Expect(window.Page).ToHaveTitleAsync("Overview · Interop");
    }

    [Fact]
    public async Task The_theme_is_kept_over_a_reload()
    {
        await using var window = await dashboard.OpenAsync("/");

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Switch between light and dark" }).ClickAsync();
        await window.Page.ReloadAsync();

        await Assertions.Expect(window.Page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
    }

    [Fact]
    public async Task The_command_palette_opens_with_the_keyboard_and_finds_a_run_by_its_number()
    {
        await using var window = await dashboard.OpenAsync("/");

        await window.Page.Keyboard.PressAsync("Control+k");
        await window.Page.Keyboard.TypeAsync("2");
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Option).First).ToContainTextAsync("Run 2");
        await window.Page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(window.Page.Locator("h1")).ToContainTextAsync("Observation");
        Assert.EndsWith("/runs/2", window.Page.Url, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("observations", "observations", "/data/observations")]
    [InlineData("model", "Model", "/model")]
    [InlineData("open cases", "Open cases", "/cases?status=open")]
    [InlineData("{alert}", "Alert {alert}", "/alerts/{alert}")]
    public async Task The_command_palette_finds_views_pages_lists_and_alerts(string text, string title, string path)
    {
        await using var window = await dashboard.OpenAsync("/");

        await window.Page.Keyboard.PressAsync("Control+k");
        await window.Page.Keyboard.TypeAsync(dashboard.PathOf(text));
        // The results of the whole text, not of its beginning.
        await window.Page.GetByText($"Search patients for “{dashboard.PathOf(text)}”").WaitForAsync();
        await window.Page.Locator("#palette-list").GetByText(dashboard.PathOf(title), new() { Exact = true }).First.ClickAsync();

        await Assertions.Expect(window.Page).ToHaveURLAsync(new Uri(dashboard.Address, dashboard.PathOf(path)).AbsoluteUri);
        await Assertions.Expect(window.Page.Locator("#palette")).Not.ToBeVisibleAsync();
    }

    [Fact]
    public async Task In_the_command_palette_the_arrow_keys_choose_and_a_screen_reader_is_told()
    {
        await using var window = await dashboard.OpenAsync("/");

        await window.Page.Keyboard.PressAsync("Control+k");
        await window.Page.Keyboard.TypeAsync("patient");
        var options = window.Page.GetByRole(AriaRole.Option);
        await Assertions.Expect(options.First).ToHaveAttributeAsync("aria-selected", "true");
        await window.Page.Keyboard.PressAsync("ArrowDown");

        await Assertions.Expect(options.Nth(1)).ToHaveAttributeAsync("aria-selected", "true");
        var input = window.Page.GetByRole(AriaRole.Combobox, new() { Name = "Search" });
        await Assertions.Expect(input).ToHaveAttributeAsync("aria-activedescendant", (await options.Nth(1).GetAttributeAsync("id"))!);
        await Assertions.Expect(window.Page.Locator("#palette [role=status]")).ToContainTextAsync("results");
        Assert.Empty(await window.AxeAsync());
        await window.Page.Keyboard.PressAsync("ArrowUp");
        await window.Page.Keyboard.PressAsync("ArrowUp");
        await Assertions.Expect(options.Last).ToHaveAttributeAsync("aria-selected", "true");
        await window.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(window.Page.Locator("#palette")).Not.ToBeVisibleAsync();
    }

    [Fact]
    public async Task Times_are_in_the_zone_of_the_browser_with_UTC_on_hover()
    {
        await using var window = await dashboard.OpenAsync("/");
        var time = window.Page.Locator("i-time").First;

        await Assertions.Expect(time).ToHaveAttributeAsync("title", new System.Text.RegularExpressions.Regex("^[0-9]{4}-.* UTC$"));
        await Assertions.Expect(time).ToContainTextAsync("ago");
    }
}

using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Interop.Browser.Tests;

/// <summary>Runs: started, followed and replayed from the pages.</summary>
[Collection("dashboard")]
public sealed partial class RunTests(DashboardFixture dashboard)
{
    [Fact]
    public async Task A_run_that_is_started_from_the_page_is_shown_until_its_end()
    {
        // Observations of patients that are stored; enough of them that the run takes some seconds.
        (await dashboard.Api.PostAsync("/ingest/patients?source=large", null)).EnsureSuccessStatusCode();
        await using var window = await dashboard.OpenAsync("/runs");

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Start a run" }).ClickAsync();
        await window.Page.Locator("dialog[open]").GetByLabel("Source").SelectOptionAsync("large");
        await window.Page.GetByLabel("Resource type").FillAsync("Observation");
        await window.Page.GetByLabel("Fetch everything").CheckAsync();
        await window.Page.EvaluateAsync(RecordWidths);
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();

        await Assertions.Expect(window.Page.Locator("h1")).ToContainTextAsync(ObservationRun());
        await Assertions.Expect(window.Page.Locator("h1 .chip")).ToHaveTextAsync("Success", new() { Timeout = 60_000 });
        var widths = await window.Page.EvaluateAsync<double[]>("widths");
        Assert.Equal(widths.Order(), widths);
        Assert.True(widths.Count(width => width is > 0 and < 100) >= 2, $"the bar has not moved: {string.Join(", ", widths)}");
        await Assertions.Expect(window.Page.Locator(".figures dd").First).ToHaveTextAsync("22,000");
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Progressbar)).ToHaveAttributeAsync("aria-valuenow", "100");
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_dead_letter_shows_its_issue_with_the_offending_place_marked()
    {
        await using var window = await dashboard.OpenAsync("/runs/2");

        await window.Page.Locator(".tab", new() { HasText = "validate" }).ClickAsync();

        await Assertions.Expect(window.Page.Locator(".issue code").First).ToContainTextAsync("Observation");
        await Assertions.Expect(window.Page.Locator(".json .marked").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Dead_letters_are_replayed_from_the_page()
    {
        await using var window = await dashboard.OpenAsync("/runs/3");

        await window.Page.GetByRole(AriaRole.Button, new() { NameRegex = ReplayLoad() }).ClickAsync();

        await Assertions.Expect(window.Page.Locator(".lead")).ToContainTextAsync("Replays the dead letters of run 3");
        await Assertions.Expect(window.Page.Locator("h1 .chip")).ToHaveTextAsync("Success", new() { Timeout = 60_000 });
    }

    [Fact]
    public async Task A_filter_is_in_the_address_and_survives_a_reload()
    {
        await using var window = await dashboard.OpenAsync("/runs");

        await window.Page.GetByLabel("Type", new() { Exact = true }).FillAsync("Patient");
        await window.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(window.Page).ToHaveURLAsync(TypeFilter());
        await window.Page.ReloadAsync();

        await Assertions.Expect(window.Page.Locator("tbody tr").First).ToContainTextAsync("Patient");
        await Assertions.Expect(window.Page.Locator("tbody")).Not.ToContainTextAsync("Observation");
    }

    /// <summary>Records each width of the bar, in percent, until the page is left.</summary>
    private const string RecordWidths = """
        () => {
          window.widths = [];
          const record = () => {
            const bar = document.querySelector('.run-progress [role=progressbar][aria-valuenow] > div');
            const width = bar ? parseFloat(bar.style.width) : NaN;
            if (!isNaN(width) && widths.at(-1) !== width) widths.push(width);
            requestAnimationFrame(record);
          };
          record();
        }
        """;

    [GeneratedRegex("Observation #")]
    private static partial Regex ObservationRun();

    [GeneratedRegex("^Replay load")]
    private static partial Regex ReplayLoad();

    [GeneratedRegex("type=Patient")]
    private static partial Regex TypeFilter();
}

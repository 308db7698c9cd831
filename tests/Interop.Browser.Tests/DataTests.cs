using Microsoft.Playwright;

namespace Interop.Browser.Tests;

/// <summary>The rows of a view: filters, order and downloads.</summary>
[Collection("dashboard")]
public sealed class DataTests(DashboardFixture dashboard)
{
    [Fact]
    public async Task Rows_are_filtered_and_downloaded_and_no_value_gets_into_the_address()
    {
        await using var window = await dashboard.OpenAsync("/data/patients");
        var requests = new List<string>();
        window.Page.Request += (_, request) => requests.Add(request.Url);
        await AddFilterAsync(window.Page, "gender", "equals", "female");
        var rows = window.Page.GetByRole(AriaRole.Region, new() { Name = "Rows of patients" }).Locator("tbody tr");
        await Assertions.Expect(rows.Filter(new() { HasText = "female" })).ToHaveCountAsync(25);
        await AddFilterAsync(window.Page, "birth_date", "from", "1990");

        await Assertions
            .Expect(window.Page.GetByLabel("Filters in use").Locator("li span"))
            .ToHaveTextAsync(["gender equals female", "birth_date from 1990"]);
        Assert.Empty(await window.AxeAsync());
        var download = await window.Page.RunAndWaitForDownloadAsync(() =>
            window.Page.GetByRole(AriaRole.Button, new() { Name = "CSV", Exact = true }).ClickAsync()
        );
        Assert.Equal("patients.csv", download.SuggestedFilename);
        var lines = (await File.ReadAllTextAsync(await download.PathAsync())).TrimEnd().Split("\r\n");
        Assert.True(lines.Length > 2);
        Assert.All(lines[1..], line => Assert.Contains(",female,", line, StringComparison.Ordinal));
        Assert.EndsWith("/data/patients", window.Page.Url, StringComparison.Ordinal);
        Assert.All(requests, url => Assert.DoesNotContain("female", url, StringComparison.Ordinal));
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_click_on_a_column_sorts_and_a_second_one_turns_the_order()
    {
        await using var window = await dashboard.OpenAsync("/data/patients");
        var header = window.Page.Locator("th", new() { HasText = "birth_date" });
        var button = header.GetByRole(AriaRole.Button);

        await button.ClickAsync();
        await Assertions.Expect(header).ToHaveAttributeAsync("aria-sort", "ascending");
        var oldest = await DatesAsync(window.Page);
        await button.ClickAsync();
        await Assertions.Expect(header).ToHaveAttributeAsync("aria-sort", "descending");
        var youngest = await DatesAsync(window.Page);

        Assert.Equal(oldest.Order(StringComparer.Ordinal), oldest);
        Assert.Equal(youngest.OrderDescending(StringComparer.Ordinal), youngest);
        Assert.NotEqual(oldest, youngest);
        Assert.EndsWith("/data/patients?sort=birth_date&desc=True", window.Page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_that_does_not_fit_its_column_is_told()
    {
        await using var window = await dashboard.OpenAsync("/data/patients");

        await AddFilterAsync(window.Page, "birth_date", "from", "yesterday");
        await Assertions.Expect(window.Page.Locator(".notice-danger")).ToContainTextAsync("Birth_date is compared with a date");

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Remove the filter birth_date from yesterday" }).ClickAsync();
        await Assertions.Expect(window.Page.Locator(".notice-danger")).ToHaveCountAsync(0);
    }

    private static async Task AddFilterAsync(IPage page, string column, string comparison, string value)
    {
        await page.GetByLabel("Column").SelectOptionAsync(column);
        await page.GetByLabel("Comparison").SelectOptionAsync(new SelectOptionValue { Label = comparison });
        await page.GetByLabel("Value").FillAsync(value);
        await page.GetByRole(AriaRole.Button, new() { Name = "Add filter" }).ClickAsync();
    }

    private static Task<IReadOnlyList<string>> DatesAsync(IPage page) =>
        page.GetByRole(AriaRole.Region, new() { Name = "Rows of patients" }).Locator("tbody td:last-child").AllTextContentsAsync();
}

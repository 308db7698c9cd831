using Interop.TestServers;
using Microsoft.Playwright;

namespace Interop.Browser.Tests;

/// <summary>Alerts, judged from their page.</summary>
[Collection("dashboard")]
public sealed class MonitoringTests(DashboardFixture dashboard)
{
    [Fact]
    public async Task Looking_at_an_alert_is_in_the_audit_trail()
    {
        await using var window = await dashboard.OpenAsync($"/alerts/{dashboard.AlertId}");
        await Assertions.Expect(window.Page.Locator("h1")).ToContainTextAsync("Alert");

        await Eventually.Is(
            async () =>
                (await dashboard.Api.GetStringAsync("/api/alerts?source=interop&limit=200")).Contains(
                    "anonymous",
                    StringComparison.Ordinal
                ),
            "the access to the page is in the platform's own audit trail"
        );
    }

    [Fact]
    public async Task An_alert_is_dismissed_with_a_reason()
    {
        await using var window = await dashboard.OpenAsync($"/alerts/{dashboard.AlertId}");

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Dismiss", Exact = true }).ClickAsync();
        await window.Page.GetByLabel("Reason").FillAsync("She covered for a colleague");
        await window.Page.Locator("dialog[open]").GetByRole(AriaRole.Button, new() { Name = "Dismiss" }).ClickAsync();

        await Assertions.Expect(window.Page.Locator("h1")).ToContainTextAsync("Dismissed");
        Assert.Contains(dashboard.AlertId, await dashboard.Api.GetStringAsync("/api/alerts?status=dismissed"), StringComparison.Ordinal);
    }
}

using Microsoft.Playwright;

namespace Interop.Browser.Tests;

/// <summary>Properties of every page.</summary>
[Collection("dashboard")]
public sealed class EveryPageTests(DashboardFixture dashboard)
{
    public static TheoryData<string, string> Pages =>
        new()
        {
            { "/", "Overview" },
            { "/runs", "Runs" },
            { "/runs?status=FAILED", "Runs" },
            { "/runs/2", "Observation" },
            { "/data", "Data" },
            { "/data/patients", "patients" },
            { "/patients", "Patients" },
            { "{patient}", "Patient" },
            { "/patients/no-key", "Patient" },
            { "/alerts", "Alerts" },
            { "/alerts/{alert}", "Alert" },
            { "/cases", "Cases" },
            { "/cases/1", "Case 1" },
            { "/accesses", "Access report" },
            { "/accesses?agent={agent}", "Access report" },
            { "/model", "Model" },
            { "/telemetry", "Telemetry" },
            { "/pd-executions", "Patient discovery" },
            { "/timeline", "Patient timeline" },
            { "/tokens", "OpenEMR token" },
            { "/uploads", "Uploads" },
            { "/cluster", "Cluster" },
            { "/sign-in", "Sign in" },
            { "/not-found", "No such page" },
        };

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_page_renders_in_both_themes_without_errors_foreign_requests_or_barriers(string path, string heading)
    {
        foreach (var theme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await using var window = await dashboard.OpenAsync(dashboard.PathOf(path), theme);

            await Assertions.Expect(window.Page.Locator("h1")).ToContainTextAsync(heading);
            await Assertions.Expect(window.Page.Locator(".skeleton")).ToHaveCountAsync(0);
            AssertNone(await window.AxeAsync());
            AssertNone(window.Errors);
            AssertNone(window.Foreign);
        }
    }

    private static void AssertNone(IReadOnlyCollection<string> found) => Assert.True(found.Count == 0, string.Join('\n', found));

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_page_fits_a_phone(string path, string heading)
    {
        await using var window = await dashboard.OpenAsync(dashboard.PathOf(path), width: 390, height: 844);

        await Assertions.Expect(window.Page.Locator("h1")).ToContainTextAsync(heading);
        Assert.Equal(390, await window.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }
}

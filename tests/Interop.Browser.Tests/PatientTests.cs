using Interop.TestServers;
using Microsoft.Playwright;

namespace Interop.Browser.Tests;

/// <summary>Patients: found, shown, audited, and in no address.</summary>
[Collection("dashboard")]
public sealed class PatientTests(DashboardFixture dashboard)
{
    private readonly Dictionary<string, string> _events = new(StringComparer.Ordinal);

    [Fact]
    public async Task A_patient_is_found_by_name_and_shown_with_the_resources_in_time_order()
    {
        await using var window = await dashboard.OpenAsync("/patients");
        var addresses = Addresses(window.Page);

        await window.Page.GetByLabel("Name or id").FillAsync($"{dashboard.Patient.Family} {dashboard.Patient.Given}");
        await window.Page.Keyboard.PressAsync("Enter");
        await window.Page.Locator("tbody tr").Filter(new() { HasText = dashboard.Patient.Id }).First.GetByRole(AriaRole.Link).ClickAsync();

        await Assertions.Expect(window.Page.Locator(".figures")).ToContainTextAsync(dashboard.Patient.Id);
        await window.Page.GetByLabel("Type").SelectOptionAsync("Observation");
        await Assertions.Expect(window.Page.Locator(".pick").First).ToContainTextAsync("Observation");
        await window.Page.Locator(".pick").Nth(1).ClickAsync();
        await Assertions.Expect(window.Page.Locator(".json")).ToContainTextAsync($"Patient/{dashboard.Patient.Id}");
        var dates = (await window.Page.Locator(".pick-text").AllInnerTextsAsync()).Select(text => text.Split(' ')[0]).ToList();
        Assert.Equal(dates.OrderDescending(StringComparer.Ordinal), dates);
        Assert.Equal("Patient · Interop", await window.Page.TitleAsync());
        AssertNowhere(addresses);
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task Who_looked_at_a_patient_is_shown_and_downloaded_with_the_address_of_the_user()
    {
        // A first visit, so that there is something to report.
        await using (var first = await dashboard.OpenAsync(dashboard.PathOf("{patient}")))
            await Assertions.Expect(first.Page.Locator(".figures")).ToContainTextAsync(dashboard.Patient.Id);
        await Eventually.Is(
            async () =>
                (await dashboard.Api.GetStringAsync($"/api/patients/{dashboard.Patient.Id}/accesses?format=csv")).Contains(
                    "anonymous",
                    StringComparison.Ordinal
                ),
            "the visit is in the audit trail"
        );
        await using var window = await dashboard.OpenAsync(dashboard.PathOf("{patient}"));
        var addresses = Addresses(window.Page);

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Who looked" }).ClickAsync();
        await Assertions.Expect(window.Page.Locator("tbody tr").First).ToContainTextAsync("anonymous");
        await Assertions.Expect(window.Page.Locator("tbody tr").First).ToContainTextAsync("127.0.0.1");
        var csv = await window.Page.RunAndWaitForDownloadAsync(() =>
            window.Page.GetByRole(AriaRole.Button, new() { Name = "CSV", Exact = true }).ClickAsync()
        );

        Assert.Equal("accesses.csv", csv.SuggestedFilename);
        var text = await File.ReadAllTextAsync(await csv.PathAsync());
        Assert.StartsWith("time,source,agent,role,patient", text, StringComparison.Ordinal);
        Assert.Contains($"Patient/{dashboard.Patient.Id}", text, StringComparison.Ordinal);
        AssertNowhere(addresses);
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task The_command_palette_finds_a_patient_by_keyboard_and_audits_the_search()
    {
        await using var window = await dashboard.OpenAsync("/");
        var addresses = Addresses(window.Page);
        var before = await CountSearchesAsync();

        await window.Page.Keyboard.PressAsync("Control+k");
        await window.Page.Keyboard.TypeAsync(dashboard.Patient.Id);
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Option).Last).ToContainTextAsync("Search patients");
        Assert.Equal(before, await CountSearchesAsync());
        await window.Page.Keyboard.PressAsync("ArrowUp");
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Option).Last).ToHaveAttributeAsync("aria-selected", "true");
        await window.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Option).First).ToContainTextAsync(dashboard.Patient.Family);
        await window.Page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(window.Page.Locator(".figures")).ToContainTextAsync(dashboard.Patient.Id);
        await Eventually.Is(async () => await CountSearchesAsync() == before + 1, "the search is in the audit trail once");
        AssertNowhere(addresses);
    }

    [Theory]
    [InlineData("Patient/{0}-x")]
    [InlineData("{0}-x")]
    public async Task A_patient_in_the_agent_filter_of_alerts_is_in_no_address(string agent)
    {
        await using var window = await dashboard.OpenAsync("/alerts");
        var addresses = Addresses(window.Page);

        await window.Page.GetByLabel("Agent").FillAsync(string.Format(null, agent, dashboard.Patient.Id));
        await window.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(window.Page.GetByText("No alert fits these filters")).ToBeVisibleAsync();
        await window.Page.GetByLabel("When").SelectOptionAsync("7");
        await Assertions.Expect(window.Page).ToHaveURLAsync(new Uri(dashboard.Address, "/alerts?when=7").AbsoluteUri);
        await Assertions.Expect(window.Page.GetByText("No alert fits these filters")).ToBeVisibleAsync();

        AssertNowhere(addresses);
    }

    [Fact]
    public async Task A_patient_in_the_address_of_alerts_does_not_stay_there()
    {
        await using var window = await dashboard.OpenAsync($"/alerts?agent=Patient%2F{dashboard.Patient.Id}");

        await Assertions.Expect(window.Page).ToHaveURLAsync(new Uri(dashboard.Address, "/alerts").AbsoluteUri);
    }

    [Fact]
    public async Task An_agent_of_the_staff_is_in_the_address_and_survives_a_reload()
    {
        await using var window = await dashboard.OpenAsync("/alerts");

        await window.Page.GetByLabel("Agent").FillAsync(dashboard.Agent);
        await window.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(window.Page.Locator("tbody tr").First).ToContainTextAsync(dashboard.Agent);
        await window.Page.ReloadAsync();

        await Assertions.Expect(window.Page.GetByLabel("Agent")).ToHaveValueAsync(dashboard.Agent);
    }

    [Theory]
    [InlineData("/alerts", "DashboardAlertList")]
    [InlineData("/cases", "DashboardCaseList")]
    [InlineData("/cases/1", "DashboardCasePage")]
    public async Task Looking_at_a_list_is_in_the_audit_trail(string path, string operation)
    {
        await using var window = await dashboard.OpenAsync(path);

        await Eventually.Is(async () => await CountAsync(operation) > 0, $"{operation} is in the audit trail");
    }

    private Task<int> CountSearchesAsync() => CountAsync("DashboardPatientSearch");

    /// <summary>How many records of an operation the audit trail has.</summary>
    private async Task<int> CountAsync(string operation)
    {
        var count = 0;
        using var alerts = System.Text.Json.JsonDocument.Parse(await dashboard.Api.GetStringAsync("/api/alerts?source=interop&limit=1000"));
        // Only queries: each question for an event is itself recorded, as a read.
        foreach (
            var alert in alerts.RootElement.GetProperty("alerts").EnumerateArray().Where(a => a.GetProperty("action").GetString() == "E")
        )
        {
            var id = alert.GetProperty("id").GetString()!;
            if (!_events.TryGetValue(id, out var json))
                _events[id] = json = await dashboard.Api.GetStringAsync($"/api/alerts/{id}");
            count += json.Contains($"\"{operation}\"", StringComparison.Ordinal) ? 1 : 0;
        }

        return count;
    }

    /// <summary>Every address that the page shows or asks for from now on.</summary>
    private static List<string> Addresses(IPage page)
    {
        var addresses = new List<string>();
        page.Request += (_, request) => addresses.Add(request.Url);
        page.FrameNavigated += (_, frame) => addresses.Add(frame.Url);
        return addresses;
    }

    private void AssertNowhere(List<string> addresses)
    {
        Assert.DoesNotContain(addresses, address => address.Contains(dashboard.Patient.Id, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(addresses, address => address.Contains(dashboard.Patient.Family, StringComparison.OrdinalIgnoreCase));
    }
}

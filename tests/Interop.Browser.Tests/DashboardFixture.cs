using System.Net.Http.Json;
using System.Text.Json;
using Interop.Sandbox;
using Interop.Sandbox.Hospital;
using Interop.TestServers;
using Microsoft.Playwright;

namespace Interop.Browser.Tests;

/// <summary>One server with data of the sandbox, and one browser, for all tests of the assembly.</summary>
public sealed class DashboardFixture : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("interop-browser-").FullName;
    private SandboxServer? _sandbox;
    private SandboxServer? _large;
    private SandboxServer? _hospital;
    private InteropProcess? _process;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Where the dashboard is.</summary>
    public Uri Address { get; private set; } = default!;

    /// <summary>A client of the API beside the dashboard.</summary>
    public HttpClient Api { get; private set; } = default!;

    /// <summary>An alert of severity MEDIUM or HIGH.</summary>
    public string AlertId { get; private set; } = "";

    /// <summary>A practitioner with accesses, as a reference.</summary>
    public string Agent { get; private set; } = "";

    /// <summary>A stored patient with observations.</summary>
    internal StoredPatient Patient { get; private set; } = default!;

    /// <summary>The address of the patient's page.</summary>
    private string PatientPath { get; set; } = "";

    /// <summary>The address of a page for which <c>{alert}</c>, <c>{agent}</c> or <c>{patient}</c> stands for one of this data.</summary>
    public string PathOf(string page) =>
        page.Replace("{alert}", AlertId, StringComparison.Ordinal)
            .Replace("{agent}", Uri.EscapeDataString(Agent), StringComparison.Ordinal)
            .Replace("{patient}", PatientPath, StringComparison.Ordinal);

    public async Task InitializeAsync()
    {
        _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 200, LatePatientShare = 0.02 });
        _large = await SandboxServer.StartAsync(new SandboxOptions { Patients = 400 });
        _hospital = await SandboxServer.StartAsync(new SandboxOptions { Hospital = Feed });
        _process = InteropProcess.Start(
            _folder,
            new Dictionary<string, string>
            {
                // Small pages: a run takes long enough to watch.
                ["FHIR_PAGE_SIZE"] = "5",
                ["FHIR_BASE_URL"] = _sandbox.FhirBase.AbsoluteUri,
                ["Sources__hospital__BaseUrl"] = _hospital.FhirBase.AbsoluteUri,
                ["Sources__large__BaseUrl"] = _large.FhirBase.AbsoluteUri,
                ["Pollers__default__Enabled"] = "false",
                ["Pollers__large__Enabled"] = "false",
                ["Pollers__hospital__Since"] = "P30D",
                ["Pollers__hospital__BatchSize"] = "1000",
                ["Pollers__hospital__Interval"] = "5",
                ["LOG_LEVEL"] = "Warning",
            },
            "serve",
            "--port",
            "0"
        );
        Address = await _process.AddressAsync();
        Api = new HttpClient { BaseAddress = Address };
        foreach (var type in new[] { "patients", "observations", "encounters", "conditions" })
            (await Api.PostAsync($"/ingest/{type}", null)).EnsureSuccessStatusCode();
        await SendTelemetryAsync();
        AlertId = await AlertAsync();
        Agent = (await Api.GetFromJsonAsync<JsonElement>("/api/alerts?source=hospital&limit=500"))
            .GetProperty("alerts")
            .EnumerateArray()
            .Select(alert => alert.GetProperty("agent").GetString()!)
            .First(agent => agent.StartsWith("Practitioner/", StringComparison.Ordinal));
        Patient = await PatientAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await Chromium.LaunchAsync(_playwright);
        PatientPath = await PatientPathAsync();
    }

    /// <summary>The patient of the first stored observation.</summary>
    private async Task<StoredPatient> PatientAsync()
    {
        var observations = await Api.GetFromJsonAsync<JsonElement[]>("/views/observations/rows?limit=1");
        var id = observations![0].GetProperty("patient_id").GetString()!;
        var patients = await Api.GetFromJsonAsync<JsonElement[]>("/views/patients/rows");
        var row = patients!.First(patient => patient.GetProperty("id").GetString() == id);
        return new StoredPatient(id, row.GetProperty("family").GetString()!, row.GetProperty("given").GetString()!);
    }

    /// <summary>Searches the patient as a user does: only a page makes the address of another page.</summary>
    private async Task<string> PatientPathAsync()
    {
        await using var window = await OpenAsync("/patients");
        await window.Page.GetByLabel("Name or id").FillAsync(Patient.Id);
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Search", Exact = true }).Last.ClickAsync();
        return (await window.Page.Locator("tbody a").First.GetAttributeAsync("href"))!;
    }

    /// <summary>A small hospital whose history ends now, with ten times the usual share of misuse.</summary>
    private static HospitalFeed Feed { get; } =
        new()
        {
            Simulation = new HospitalOptions
            {
                Agents = 60,
                Patients = 600,
                Days = 8,
                TrainingDays = 5,
                AttackShare = 0.01,
            },
            Speed = double.PositiveInfinity,
            EndsNow = true,
            VisibleAtStart = TimeSpan.FromDays(8),
        };

    /// <summary>Searches of three organizations over the last hour.</summary>
    private async Task SendTelemetryAsync()
    {
        var now = DateTimeOffset.UtcNow;
        var events = Enumerable
            .Range(0, 120)
            .Reverse()
            .Select(i => new
            {
                eventId = $"search-{i}",
                eventType = "pd.request.completed",
                timestampUtc = now.AddSeconds(-30 * i),
                source = "mirth",
                organization = $"Clinic {(char)('A' + i % 3)}",
                qhin = i % 2 == 0 ? "QHIN East" : "QHIN West",
                status = i % 9 == 0 ? "failure" : "success",
                durationMs = 120 + i * 37 % 900,
                resultCount = i % 4,
                correlationId = $"correlation-{i}",
            });
        (await Api.PostAsJsonAsync("/api/telemetry/events", events)).EnsureSuccessStatusCode();
    }

    /// <summary>Waits until the history of the hospital is scored, and returns an alert of it.</summary>
    private async Task<string> AlertAsync()
    {
        string? found = null;
        await Eventually.Is(async () => (found = await FindAlertAsync("HIGH") ?? await FindAlertAsync("MEDIUM")) is not null, "an alert");
        return found!;
    }

    private async Task<string?> FindAlertAsync(string severity)
    {
        using var answer = JsonDocument.Parse(await Api.GetStringAsync($"/api/alerts?severity={severity}&limit=1"));
        var alerts = answer.RootElement.GetProperty("alerts");
        return alerts.GetArrayLength() > 0 ? alerts[0].GetProperty("id").GetString() : null;
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
        if (_large is not null)
            await _large.DisposeAsync();
        if (_hospital is not null)
            await _hospital.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>A patient of the sandbox.</summary>
internal sealed record StoredPatient(string Id, string Family, string Given);

/// <summary>All tests of pages share one server and one browser.</summary>
[CollectionDefinition("dashboard")]
public sealed class DashboardCollection : ICollectionFixture<DashboardFixture>;

using Microsoft.Playwright;

namespace Interop.Browser.Tests;

/// <summary>The pictures of docs/images (eng/screenshots.sh). It writes only when <c>SCREENSHOTS</c> names a folder.</summary>
[Collection("dashboard")]
public sealed class ScreenshotTests(DashboardFixture dashboard)
{
    private static readonly (string Name, string Path)[] Pages =
    [
        ("overview", "/"),
        ("runs", "/runs"),
        ("run", "/runs/2"),
        ("data", "/data/patients"),
        ("patient", "{patient}"),
        ("alerts", "/alerts?severity=MEDIUM"),
        ("alert", "/alerts/{alert}"),
        ("cases", "/cases"),
        ("accesses", "/accesses?agent={agent}"),
        ("model", "/model"),
        ("telemetry", "/telemetry"),
        ("patient-discovery", "/pd-executions"),
        ("uploads", "/uploads"),
        ("cluster", "/cluster"),
    ];

    [ScreenshotFact]
    public async Task Each_page_is_photographed_in_both_themes()
    {
        var folder = ScreenshotFactAttribute.Folder!;
        // A few runs, so that there is a throughput to draw.
        for (var i = 0; i < 4; i++)
        {
            foreach (var type in new[] { "patients", "observations", "encounters", "conditions" })
                await dashboard.Api.PostAsync($"/ingest/{type}?full=true", null);
        }

        Directory.CreateDirectory(folder);
        foreach (var (name, path) in Pages)
        {
            foreach (var theme in new[] { ColorScheme.Light, ColorScheme.Dark })
            {
                await using var window = await dashboard.OpenAsync(dashboard.PathOf(path), theme, height: name == "alerts" ? 780 : 900);
                await Assertions.Expect(window.Page.Locator(".skeleton")).ToHaveCountAsync(0);
                if (name == "overview")
                    await ShowRunAsync(window.Page);
                if (name == "uploads")
                    await ShowPreviewAsync(window.Page);
                if (name == "data")
                    await ShowFilterAsync(window.Page);
                var file = Path.Combine(folder, $"{name}-{theme.ToString().ToLowerInvariant()}.png");
                await window.Page.ScreenshotAsync(new() { Path = file, Animations = ScreenshotAnimations.Disabled });
                Assert.InRange(new FileInfo(file).Length, 1, 200_000);
            }
        }
    }

    /// <summary>Chooses a file with a bad row, so that its first rows are shown.</summary>
    private static async Task ShowPreviewAsync(IPage page)
    {
        await page.GetByLabel("CSV file")
            .SetInputFilesAsync(
                new FilePayload
                {
                    Name = "pacientes.csv",
                    MimeType = "text/csv",
                    Buffer =
                        """
                    Nome,CPF,Gênero,Data de Nascimento,Telefone,País de Nascimento,Observação
                    Ana Maria Souza,529.982.247-25,Feminino,03/04/1980,11 99999-0000,Brasil,Hipertenso
                    João Lima,111.444.777-35,Masculino,01/02/1970,11 98888-0000,Brasil,Diabético|Hipertenso
                    Rui Reis,111.111.111-12,Masculino,15/12/1950,,Brasil,
                    """u8.ToArray(),
                }
            );
        await page.Locator(".preview-note").WaitForAsync();
    }

    /// <summary>Shows the youngest female patients.</summary>
    private static async Task ShowFilterAsync(IPage page)
    {
        await page.GetByLabel("Column").SelectOptionAsync("gender");
        await page.GetByLabel("Comparison").SelectOptionAsync(new SelectOptionValue { Label = "equals" });
        await page.GetByLabel("Value").FillAsync("female");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add filter" }).ClickAsync();
        await page.GetByLabel("Filters in use").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "birth_date" }).ClickAsync();
        await page.Locator("th[aria-sort=ascending]").WaitForAsync();
    }

    /// <summary>Starts a long run, and waits until the overview shows its progress.</summary>
    private async Task ShowRunAsync(IPage page)
    {
        using var start = new HttpRequestMessage(HttpMethod.Post, "/ingest/observations?full=true&source=large");
        start.Headers.Add("Prefer", "respond-async");
        using var _ = await dashboard.Api.SendAsync(start);
        await page.Locator("main [role=progressbar][aria-valuenow]").First.WaitForAsync();
    }
}

/// <summary>A test that runs only when <c>SCREENSHOTS</c> names a folder.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ScreenshotFactAttribute : FactAttribute
{
    public ScreenshotFactAttribute()
    {
        if (Folder is null)
            Skip = "Takes the pictures of docs/images: run eng/screenshots.sh.";
    }

    public static string? Folder { get; } = Environment.GetEnvironmentVariable("SCREENSHOTS") is { Length: > 0 } folder ? folder : null;
}

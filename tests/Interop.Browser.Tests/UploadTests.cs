using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Interop.Browser.Tests;

/// <summary>A CSV file of patients: chosen on the page, previewed, sent and followed.</summary>
[Collection("dashboard")]
public sealed partial class UploadTests(DashboardFixture dashboard)
{
    private const string Good = "529.982.247-25";
    private const string Bad = "111.111.111-99";

    [Fact]
    public async Task A_file_shows_its_first_rows_and_is_submitted()
    {
        await using var window = await dashboard.OpenAsync("/uploads");

        await window
            .Page.GetByLabel("CSV file")
            .SetInputFilesAsync(
                File($"Maria da Silva,{Good},Feminino,07/03/1984,,Brasil,", $"Rui Costa,{Bad},Masculino,01/01/1990,,Brasil,")
            );

        var preview = window.Page.GetByRole(AriaRole.Table, new() { Name = "The first rows of the file" });
        await Assertions.Expect(preview.GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
        await Assertions.Expect(preview.Locator("tbody tr").First).ToContainTextAsync("Patient");
        await Assertions.Expect(preview.Locator("tbody tr").Last).ToContainTextAsync("CPF");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Upload", Exact = true }).ClickAsync();

        await Assertions.Expect(window.Page).ToHaveURLAsync(FileAddress(), new() { Timeout = 30_000 });
        await Assertions.Expect(window.Page.Locator("h1 .chip")).ToHaveTextAsync("Completed", new() { Timeout = 60_000 });
        await window.Page.Locator(".tab", new() { HasText = "Invalid" }).ClickAsync();
        await Assertions.Expect(window.Page.Locator("tbody tr")).ToHaveCountAsync(1);
        await Assertions.Expect(window.Page.Locator("tbody tr")).ToContainTextAsync("CPF");
        Assert.Empty(await window.AxeAsync());
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_file_without_its_columns_is_refused_with_the_missing_ones()
    {
        await using var window = await dashboard.OpenAsync("/uploads");

        await window.Page.GetByLabel("CSV file").SetInputFilesAsync(Csv("a,b\n1,2\n"));

        await Assertions.Expect(window.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Missing columns");
    }

    [Fact]
    public async Task Telemetry_that_arrives_appears_without_a_reload()
    {
        await using var window = await dashboard.OpenAsync("/telemetry?source=browser-test");
        await Assertions.Expect(window.Page.Locator("main")).ToContainTextAsync("No event fits these filters");

        using var body = new StringContent(
            """{"eventId":"browser-1","eventType":"pd.request.sent","source":"browser-test","status":"success"}"""
        );
        (await dashboard.Api.PostAsync("/api/telemetry/events", body)).EnsureSuccessStatusCode();

        await Assertions.Expect(window.Page.Locator(".pick")).ToContainTextAsync("pd.request.sent");
        await Assertions.Expect(window.Page.Locator(".json")).ToContainTextAsync("browser-1");
    }

    private static FilePayload File(params string[] rows) =>
        Csv($"Nome,CPF,Gênero,Data de Nascimento,Telefone,País de Nascimento,Observação\n{string.Join('\n', rows)}\n");

    private static FilePayload Csv(string text) =>
        new()
        {
            Name = "pacientes.csv",
            MimeType = "text/csv",
            Buffer = System.Text.Encoding.UTF8.GetBytes(text),
        };

    [GeneratedRegex("/uploads/[0-9a-f-]{36}$")]
    private static partial Regex FileAddress();
}

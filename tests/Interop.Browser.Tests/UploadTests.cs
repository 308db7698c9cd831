using Microsoft.Playwright;

namespace Interop.Browser.Tests;

/// <summary>Files, given to the page.</summary>
[Collection("dashboard")]
public sealed class UploadTests(DashboardFixture dashboard)
{
    private const string Header = "Nome,CPF,Gênero,Data de Nascimento,Telefone,País de Nascimento,Observação\n";

    /// <summary>One good row, and one whose CPF has wrong check digits.</summary>
    private const string People =
        Header
        + "Ana Maria Souza,529.982.247-25,Feminino,03/04/1980,11 99999-0000,Brasil,Hipertenso\n"
        + "João Lima,111.111.111-12,Masculino,01/02/1970,11 98888-0000,Brasil,\n";

    [Fact]
    public async Task A_dropped_file_is_previewed_then_sent_and_its_bad_rows_are_downloaded()
    {
        await using var window = await dashboard.OpenAsync("/uploads");
        await DropAsync(window.Page, "people.csv", People);

        var rows = window.Page.GetByRole(AriaRole.Region, new() { Name = "The first rows of the file" }).Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(2);
        await Assertions.Expect(rows.First).ToContainTextAsync("family Souza, given Ana Maria");
        await Assertions.Expect(rows.First).ToContainTextAsync("Hypertensive disorder (38341003)");
        await Assertions.Expect(rows.Last).ToContainTextAsync("CPF is missing or not valid");
        Assert.Empty(await window.AxeAsync());
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Send the file" }).ClickAsync();

        await Assertions.Expect(window.Page.Locator("h1")).ToContainTextAsync("people.csv");
        // The name of a file may be the name of a patient.
        Assert.Equal("File · Interop", await window.Page.TitleAsync());
        await Assertions.Expect(window.Page.Locator("h1 .chip")).ToHaveTextAsync("Completed", new() { Timeout = 60_000 });
        await window.Page.Locator(".tab", new() { HasText = "invalid" }).ClickAsync();
        await Assertions.Expect(window.Page.Locator("tbody tr")).ToHaveCountAsync(1);
        var download = await window.Page.RunAndWaitForDownloadAsync(() =>
            window.Page.GetByRole(AriaRole.Link, new() { Name = "Failures as CSV" }).ClickAsync()
        );
        Assert.Equal("people-failures.csv", download.SuggestedFilename);
        var lines = (await File.ReadAllTextAsync(await download.PathAsync())).TrimEnd().Split("\r\n");
        Assert.Equal(2, lines.Length);
        Assert.EndsWith(",3,invalid,CPF is missing or not valid", lines[1], StringComparison.Ordinal);
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_file_of_TM2_records_is_previewed_as_such()
    {
        await using var window = await dashboard.OpenAsync("/uploads");
        await window.Page.Locator(".tab", new() { HasText = "TM2 records" }).ClickAsync();
        await ChooseAsync(
            window.Page,
            "records.csv",
            "patient_id,tm2_code,condition_name,system_type,severity,diagnosis_date,practitioner_id\np1,SK62,Tremor,ayurvedic,light,2026-01-05,dr1\n"
        );

        var row = window.Page.GetByRole(AriaRole.Region, new() { Name = "The first rows of the file" }).Locator("tbody tr");
        await Assertions.Expect(row).ToContainTextAsync("Ayurveda");
        await Assertions.Expect(row).ToContainTextAsync("Mild");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Send the file" }).ClickAsync();
        await Assertions.Expect(window.Page.Locator("h1")).ToContainTextAsync("records.csv");
    }

    [Fact]
    public async Task A_file_without_a_column_cannot_be_sent_and_another_one_can_be_chosen()
    {
        await using var window = await dashboard.OpenAsync("/uploads");
        await ChooseAsync(window.Page, "short.csv", "Nome,CPF\nAna,1\n");

        await Assertions.Expect(window.Page.Locator(".notice-danger")).ToContainTextAsync("Missing columns: Gênero");
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Button, new() { Name = "Send the file" })).ToBeDisabledAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Choose another file" }).ClickAsync();
        await Assertions.Expect(window.Page.Locator(".drop")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_long_file_is_previewed_from_its_beginning()
    {
        await using var window = await dashboard.OpenAsync("/uploads");
        var row = "Ana Maria Souza,529.982.247-25,Feminino,03/04/1980,11 99999-0000,Brasil,\n";
        await ChooseAsync(window.Page, "long.csv", Header + string.Concat(Enumerable.Repeat(row, 10_000)));

        await Assertions.Expect(window.Page.Locator(".preview-note")).ToContainTextAsync("The first 20 rows. All of them can be sent.");
    }

    private static Task ChooseAsync(IPage page, string name, string text) =>
        page.GetByLabel("CSV file")
            .SetInputFilesAsync(
                new FilePayload
                {
                    Name = name,
                    MimeType = "text/csv",
                    Buffer = System.Text.Encoding.UTF8.GetBytes(text),
                }
            );

    /// <summary>Drops a file on the zone as a person does with the mouse.</summary>
    private static async Task DropAsync(IPage page, string name, string text)
    {
        var dropped = await page.EvaluateHandleAsync(
            "([name, text]) => { const d = new DataTransfer(); d.items.add(new File([text], name, { type: 'text/csv' })); return d; }",
            new[] { name, text }
        );
        await page.Locator(".drop").DispatchEventAsync("drop", new { dataTransfer = dropped });
    }
}

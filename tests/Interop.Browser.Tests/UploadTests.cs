using Microsoft.Playwright;

namespace Interop.Browser.Tests;

/// <summary>Files, given to the page.</summary>
[Collection("dashboard")]
public sealed class UploadTests(DashboardFixture dashboard)
{
    [Fact]
    public async Task A_file_is_sent_and_its_rows_are_shown()
    {
        await using var window = await dashboard.OpenAsync("/uploads");

        await Assertions.Expect(window.Page.Locator(".drop")).ToBeVisibleAsync();
        await window
            .Page.GetByLabel("CSV file")
            .SetInputFilesAsync(
                new FilePayload
                {
                    Name = "people.csv",
                    MimeType = "text/csv",
                    Buffer = Csv,
                }
            );

        await Assertions.Expect(window.Page.Locator("h1")).ToContainTextAsync("people.csv");
        await Assertions.Expect(window.Page.Locator("h1 .chip")).ToHaveTextAsync("Completed", new() { Timeout = 60_000 });
        await window.Page.Locator(".tab", new() { HasText = "invalid" }).ClickAsync();
        await Assertions.Expect(window.Page.Locator("tbody tr")).ToHaveCountAsync(1);
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_file_without_a_column_is_refused_with_the_reason()
    {
        await using var window = await dashboard.OpenAsync("/uploads");

        await window
            .Page.GetByLabel("CSV file")
            .SetInputFilesAsync(
                new FilePayload
                {
                    Name = "short.csv",
                    MimeType = "text/csv",
                    Buffer = "Nome,CPF\nAna,1\n"u8.ToArray(),
                }
            );

        await Assertions.Expect(window.Page.Locator(".toast")).ToContainTextAsync("Missing columns");
    }

    /// <summary>One good row, and one whose CPF has wrong check digits.</summary>
    private static byte[] Csv =>
        """
        Nome,CPF,Gênero,Data de Nascimento,Telefone,País de Nascimento,Observação
        Ana Maria Souza,529.982.247-25,Feminino,03/04/1980,11 99999-0000,Brasil,Hipertenso
        João Lima,111.111.111-12,Masculino,01/02/1970,11 98888-0000,Brasil,
        """u8.ToArray();
}

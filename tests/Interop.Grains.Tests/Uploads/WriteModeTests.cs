using System.Text;
using System.Text.Json;
using Interop.Sandbox;
using Interop.Storage;
using Interop.Uploads;

namespace Interop.Grains.Tests.Uploads;

public sealed class SqliteWriteModeTests() : WriteModeTests(SqlDialect.Sqlite);

public sealed class PostgresWriteModeTests() : WriteModeTests(SqlDialect.Postgres);

/// <summary>FHIR servers that lack transactions or conditional operations, and say so or not.</summary>
public abstract class WriteModeTests(SqlDialect dialect) : FileSuite(dialect)
{
    private const int Rows = 40;

    [Theory]
    [InlineData(true, true, false)]
    [InlineData(false, true, true)]
    [InlineData(false, true, false)]
    [InlineData(true, false, true)]
    [InlineData(true, false, false)]
    [InlineData(false, false, true)]
    [InlineData(false, false, false)]
    public async Task Copies_and_a_corrected_copy_leave_each_resource_once_whatever_the_server_supports(
        bool transactions,
        bool conditionalWrites,
        bool metadata
    )
    {
        await using var server = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = 0,
                Transactions = transactions,
                ConditionalWrites = conditionalWrites,
                Metadata = metadata,
            }
        );
        Uploads.TargetUrl = server.FhirBase.AbsoluteUri;
        await using var silo = await StartAsync();
        var text = new StringBuilder("Nome,CPF,Gênero,Data de Nascimento,Telefone,País de Nascimento,Observação\n");
        for (var row = 0; row < Rows; row++)
            text.Append($"Ana Lima{row},{SampleCpf.Of(row)},Feminino,07/03/1984,,Brasil,Diabético|Gestante|Tabagista\n");

        var copies = await Task.WhenAll(
            RunAsync(silo, FileKind.Fhir, text.ToString()),
            RunAsync(silo, FileKind.Fhir, text.ToString()),
            RunAsync(silo, FileKind.Fhir, text.ToString())
        );
        var corrected = await RunAsync(silo, FileKind.Fhir, text.ToString().Replace("07/03/1984", "08/03/1984", StringComparison.Ordinal));

        Assert.All(
            copies.Append(corrected),
            copy => Assert.Equal((FileStatus.Completed, Rows, 0), (copy.Status, copy.Succeeded, copy.Failed))
        );
        Assert.Equal(
            (Rows, 2 * Rows, Rows),
            (server.Store.Count("Patient"), server.Store.Count("Condition"), server.Store.Count("Observation"))
        );
        var patients = server.Store.Ids("Patient").ToHashSet();
        Assert.All(
            server.Store.Ids("Patient"),
            id => Assert.Equal("1984-03-08", Parse(server, "Patient", id).GetProperty("birthDate").GetString())
        );
        Assert.All(
            server.Store.Ids("Condition"),
            id =>
                Assert.Contains(
                    Parse(server, "Condition", id).GetProperty("subject").GetProperty("reference").GetString()!.Split('/')[^1],
                    patients
                )
        );
        Assert.Equal(0, await CountAsync("upload_locks"));
    }

    [Fact]
    public async Task A_patient_that_the_server_has_twice_is_refused_and_not_written()
    {
        await using var server = await SandboxServer.StartAsync(new SandboxOptions { Patients = 0, ConditionalWrites = false });
        using var http = new HttpClient();
        for (var copy = 0; copy < 2; copy++)
        {
            using var answer = await http.PostAsync(
                new Uri(server.FhirBase, "Patient"),
                new StringContent(
                    $$"""{"resourceType":"Patient","identifier":[{"system":"https://saude.gov.br/fhir/sid/cpf","value":"{{SampleCpf.Of(1)}}"}]}""",
                    Encoding.UTF8,
                    "application/fhir+json"
                )
            );
            answer.EnsureSuccessStatusCode();
        }
        Uploads.TargetUrl = server.FhirBase.AbsoluteUri;
        await using var silo = await StartAsync();

        var progress = await RunAsync(
            silo,
            FileKind.Fhir,
            $"Nome,CPF,Gênero,Data de Nascimento,Telefone,País de Nascimento,Observação\nAna Lima,{SampleCpf.Of(1)},,,,,\n"
        );

        Assert.Equal((1, 2), (progress.Failed, server.Store.Count("Patient")));
        var row = Assert.Single(await silo.Client.GetQuery<IFileQueryGrain>().ListRows(progress.FileId, null, 0, 10));
        Assert.Contains("merge them", row.Error, StringComparison.Ordinal);
    }

    private static JsonElement Parse(SandboxServer server, string type, string id) =>
        JsonDocument.Parse(server.Store.Read(type, id)!).RootElement;
}

using System.Diagnostics;
using System.Text;
using Interop.Sandbox.Faults;
using Interop.Storage;
using Interop.Uploads;
using Interop.Uploads.Patients;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Grains.Tests.Uploads;

public sealed class SqliteTerminologyTests() : TerminologyTests(SqlDialect.Sqlite);

public sealed class PostgresTerminologyTests() : TerminologyTests(SqlDialect.Postgres);

/// <summary>Terms: the profile's table, a terminology server, the built-in table.</summary>
public abstract class TerminologyTests(SqlDialect dialect) : FileSuite(dialect)
{
    private const string Header = "Nome,CPF,Gênero,Data de Nascimento,Telefone,País de Nascimento,Observação\n";

    private static string Line(int number, string terms) => $"Ana Lima,{SampleCpf.Of(number)},Feminino,07/03/1984,,Brasil,{terms}\n";

    [Fact]
    public async Task A_terminology_server_gives_codes_and_each_term_is_asked_once()
    {
        Uploads.TerminologyUrl = Sandbox.FhirBase.AbsoluteUri;
        Uploads.Parallelism = 1;
        await using var silo = await StartAsync();
        var text = new StringBuilder(Header);
        for (var row = 0; row < 30; row++)
            text.Append(Line(row, "TABAGISTA|Asmático|Hipertenso|Cefaleia|gestante"));
        var before = Sandbox.Stats.Requests;

        var progress = await RunAsync(silo, FileKind.Fhir, text.ToString());

        Assert.Equal(30, progress.Succeeded);
        Assert.Equal("Cefaleia", Assert.Single(progress.UnknownTerms)); // Hipertenso is in the built-in table only
        Assert.Equal((120, 30), (Sandbox.Store.Count("Condition"), Sandbox.Store.Count("Observation")));
        Assert.Contains(
            Sandbox.Store.Ids("Condition"),
            id => Encoding.UTF8.GetString(Sandbox.Store.Read("Condition", id)!).Contains("\"Asthma\"", StringComparison.Ordinal)
        );
        // 30 transactions, the statement, five translations and three displays.
        Assert.Equal(30 + 1 + 5 + 3, Sandbox.Stats.Requests - before);
    }

    [Fact]
    public async Task Rows_wait_for_a_terminology_server_that_is_down()
    {
        Uploads.TerminologyUrl = Sandbox.FhirBase.AbsoluteUri;
        Uploads.TerminologyTimeout = TimeSpan.FromMilliseconds(500);
        Sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.Unavailable,
                Path = "/fhir/ConceptMap",
                Times = 3,
            }
        );
        await using var silo = await StartAsync();

        var progress = await RunAsync(silo, FileKind.Fhir, Header + Line(1, "Tabagista"));

        Assert.Equal((FileStatus.Completed, 1), (progress.Status, progress.Succeeded));
        Assert.Empty(progress.UnknownTerms);
    }

    [Fact]
    public async Task A_profile_brings_codes_of_its_own()
    {
        var folder = Directory.CreateTempSubdirectory("interop-profiles-");
        try
        {
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "clinic.json"),
                """
                { "name": "clinic", "identifier": { "column": "MRN", "system": "urn:example:mrn" }, "nameColumn": "Patient",
                  "terms": { "column": "Diagnoses", "separator": ";",
                    "codes": { "Flu": { "system": "http://snomed.info/sct", "code": "6142004", "display": "Influenza" } } } }
                """
            );
            Uploads.ProfileDirectory = folder.FullName;
            await using var silo = await StartAsync();

            var (fileId, refusal) = await SendAsync(silo, FileKind.Fhir, "Patient,MRN,Diagnoses\nAda Lovelace,7,FLU; Diabetic\n", "clinic");

            Assert.Null(refusal);
            var progress = await EndAsync(silo, fileId);
            Assert.Equal((1, 2), (progress.Succeeded, Sandbox.Store.Count("Condition")));
            Assert.Empty(progress.UnknownTerms);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_worker_that_fails_unexpectedly_continues_by_itself()
    {
        var terms = new FailingTerminology();
        await using var silo = await StartAsync(services => services.AddSingleton<ITerminology>(terms));
        var startedAt = Stopwatch.GetTimestamp();

        var progress = await RunAsync(silo, FileKind.Fhir, Header + Line(1, "Diabético") + Line(2, "Gestante"));

        Assert.Equal((FileStatus.Completed, 2, 3), (progress.Status, progress.Succeeded, terms.Failures));
        // Long before the grain's timer, and without waiting for its own lease to become silent.
        Assert.InRange(Stopwatch.GetElapsedTime(startedAt), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    /// <summary>A defect, three times.</summary>
    private sealed class FailingTerminology : ITerminology
    {
        public int Failures { get; private set; }

        public ValueTask<CodedTerm?> FindAsync(string term, CancellationToken cancellationToken)
        {
            if (Failures == 3)
                return new BuiltInTerminology().FindAsync(term, cancellationToken);
            Failures++;
            throw new InvalidOperationException("a defect");
        }
    }
}

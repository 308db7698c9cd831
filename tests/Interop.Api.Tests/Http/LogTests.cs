using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.Sandbox;
using Interop.Sandbox.Faults;
using Interop.TestServers;

namespace Interop.Api.Tests.Http;

/// <summary>Logs connect a request with its run and contain neither patient data nor secrets.</summary>
public sealed class LogTests : IDisposable
{
    private const string ClientSecret = "cl13nt-s3cret-of-the-test";
    private const string DatabasePassword = "d4tabase-w0rd-of-the-test";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_logs_of_a_run_carry_its_ids_and_neither_patients_nor_secrets()
    {
        await using var sandbox = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = 60,
                BadShare = 0.1,
                Access = new AccessOptions { ClientId = "interop", ClientSecret = ClientSecret },
            }
        );
        sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.TruncatedJson,
                Type = "Patient",
                Times = 1,
            }
        );
        await using var postgres = await PostgresServer.StartNewAsync(
            new PostgresServerOptions { Fsync = false, Password = DatabasePassword }
        );
        await postgres.CreateDatabaseAsync("interop");
        await using var program = InteropProcess.Start(
            _folder.Path,
            new Dictionary<string, string>
            {
                ["PORT"] = "0",
                ["LOG_LEVEL"] = "Trace",
                ["DB_URL_FILE"] = _folder.Write("url", postgres.UriTo("interop") + "\n"),
                ["FHIR_BASE_URL"] = sandbox.FhirBase.AbsoluteUri,
                ["Sources__default__Auth__Kind"] = "client_credentials",
                ["Sources__default__Auth__TokenUrl"] = new Uri(sandbox.BaseAddress, "oauth2/token").AbsoluteUri,
                ["Sources__default__Auth__ClientId"] = "interop",
                ["Sources__default__Auth__ClientSecret_FILE"] = _folder.Write("secret", ClientSecret),
                ["Sources__default__BaseDelay"] = "00:00:00.01",
            },
            "serve"
        );
        using var http = await program.ClientAsync();
        http.DefaultRequestHeaders.Add("X-Request-ID", "request-of-the-test");
        var patients = await http.PostJsonAsync("/ingest/patients");
        await http.PostJsonAsync("/ingest/observations");
        await http.PostJsonAsync($"/runs/{patients.Number("run_id")}/replay");
        await http.PostJsonAsync("/ingest/observations?patient_id=pat-3");
        var detail = await http.GetStringAsync($"/runs/{patients.Number("run_id")}");
        Assert.Equal(0, await program.TerminateAsync());

        var lines = program
            .Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)
            .ToList();
        var ended = lines.Single(line =>
            line.Text("Category") == "Interop.Ingestion.Running.RunWorker"
            && line.Number("EventId") == 2002
            && line.GetProperty("State").Number("RunId") == patients.Number("run_id")
        );
        Assert.Equal("default", ended.GetProperty("State").Text("Source"));
        Assert.Contains(
            ended.GetProperty("Scopes").EnumerateArray(),
            scope => scope.TryGetProperty("RequestId", out var id) && id.GetString() == "request-of-the-test"
        );

        var secrets = new[] { ClientSecret, DatabasePassword };
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, program.Errors + program.Output + detail, StringComparison.Ordinal));
        var families = Families(sandbox).ToList();
        Assert.InRange(families.Count, 10, 60);
        Assert.All(families, family => Assert.DoesNotContain($"\"{family}", program.Errors, StringComparison.Ordinal));
        Assert.All(
            families.Where(f => f.Length > 4),
            family => Assert.DoesNotMatch($@"\b{System.Text.RegularExpressions.Regex.Escape(family)}\b", program.Errors)
        );
    }

    private static IEnumerable<string> Families(SandboxServer sandbox) =>
        sandbox
            .Store.Ids("Patient")
            .Select(id => JsonDocument.Parse(sandbox.Store.Read("Patient", id)!).RootElement)
            .Where(patient => patient.TryGetProperty("name", out var names) && names.ValueKind == JsonValueKind.Array)
            .SelectMany(patient => patient.GetProperty("name").EnumerateArray())
            .Where(name =>
                name.ValueKind == JsonValueKind.Object
                && name.TryGetProperty("family", out var family)
                && family.ValueKind == JsonValueKind.String
            )
            .Select(name => name.Text("family")!)
            .Distinct();
}

using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.Sandbox;
using Interop.Sandbox.Faults;
using Interop.TestServers;
using Xunit.Abstractions;

namespace Interop.Api.Tests.Uploads;

/// <summary>
/// The program is killed while it submits a file; in the end the server has every row once. INTEROP_LONG=1 kills it 20 times during a file
/// of 10,000 rows instead of 3 times during 2,000.
/// </summary>
public sealed class UploadKillTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("INTEROP_LONG") == "1";
    private static readonly int Kills = IsLong ? 20 : 3;
    private static readonly int Rows = IsLong ? 10_000 : 2_000;

    private SandboxServer _sandbox = null!;

    public async Task InitializeAsync()
    {
        _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 0 });
        _sandbox.Faults.Set(new FaultRule { Kind = FaultKind.SlowHeaders, Seconds = 0.01 });
    }

    public async Task DisposeAsync() => await _sandbox.DisposeAsync();

    [Theory]
    [InlineData(20260105)]
    public async Task An_upload_that_is_killed_again_and_again_on_SQLite_leaves_every_row_once(int seed)
    {
        using var folder = new TemporaryFolder();
        await KilledUploadAsync(folder.File("interop.db"), seed);
    }

    [Theory]
    [InlineData(20260216)]
    public async Task An_upload_that_is_killed_again_and_again_on_PostgreSQL_leaves_every_row_once(int seed) =>
        await KilledUploadAsync(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync(), seed);

    private async Task KilledUploadAsync(string database, int seed)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(seed);
        // After random amounts of work, spread over the whole file.
        var moments = Enumerable.Range(0, Kills).Select(_ => random.Next(0, Rows * 9 / 10)).Order().ToArray();
        var id = "";
        foreach (var moment in moments)
        {
            await using var program = Start(folder, database);
            using var http = await program.ClientAsync();
            if (id.Length == 0)
                id = await SendAsync(http);
            var wanted = Math.Min(moment + random.Next(1, 50), Rows);
            await Eventually.Is(() => Task.FromResult(_sandbox.Store.Count("Patient") >= wanted), $"{wanted} patients were written");
            await program.KillAsync();
        }

        output.WriteLine($"killed {moments.Length} times, after {string.Join(", ", moments)} of {Rows} rows");
        _sandbox.Faults.Clear();
        await using var last = Start(folder, database);
        using var client = await last.ClientAsync();
        JsonElement state = default;
        await Eventually.Is(
            async () => (state = await client.GetJsonAsync($"/uploads/{id}")).Text("status") is not "RUNNING",
            "the upload ended"
        );
        Assert.Equal(
            ("COMPLETED", Rows, 0L, Rows - 2L, 2L),
            (state.Text("status"), (int)state.Number("rows"), state.Number("pending"), state.Number("succeeded"), state.Number("failed"))
        );
        Assert.Equal((Rows - 2, Rows / 3), (_sandbox.Store.Count("Patient"), _sandbox.Store.Count("Condition")));
        var identifiers = _sandbox
            .Store.Ids("Patient")
            .Select(patient =>
                JsonDocument
                    .Parse(_sandbox.Store.Read("Patient", patient)!)
                    .RootElement.GetProperty("identifier")[0]
                    .GetProperty("value")
                    .GetString()
            );
        Assert.Equal(Rows - 2, identifiers.Distinct().Count());
    }

    private InteropProcess Start(TemporaryFolder folder, string database) =>
        InteropProcess.Start(
            folder.Path,
            new Dictionary<string, string>
            {
                ["PORT"] = "0",
                ["DB_URL"] = database,
                ["FHIR_TARGET_URL"] = _sandbox.FhirBase.AbsoluteUri,
                ["Uploads__SilenceLimit"] = "00:00:01.5",
            },
            "serve"
        );

    /// <summary>The last two rows are not valid.</summary>
    private static async Task<string> SendAsync(HttpClient http)
    {
        var text = new StringBuilder("Patient number,Name,Gender,Date of birth,Phone,Country of birth,Notes\n");
        for (var row = 0; row < Rows; row++)
        {
            var born = row < Rows - 2 ? "1990-01-01" : "yesterday";
            text.Append(CultureInfo.InvariantCulture, $"N{row},Ann Lee{row},F,{born},,NZ,{(row % 3 == 0 ? "Diabetic" : "")}\n");
        }
        var file = new ByteArrayContent(Encoding.UTF8.GetBytes(text.ToString()));
        file.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        using var form = new MultipartFormDataContent { { file, "file", "patients.csv" } };
        using var answer = await http.PostAsync("/upload-csv?profile=patients", form);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        return JsonDocument.Parse(body).RootElement.GetProperty("file_id").GetString()!;
    }
}

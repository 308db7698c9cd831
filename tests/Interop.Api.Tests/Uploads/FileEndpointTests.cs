using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.Sandbox;
using Interop.TestServers;

namespace Interop.Api.Tests.Uploads;

/// <summary>Files over HTTP: CSV uploads to the sandbox's FHIR server, TM2 files to its OpenMRS.</summary>
public sealed class FileEndpointTests : IAsyncLifetime
{
    private const string Patients =
        "Nome;CPF;Gênero;Data de Nascimento;Telefone;País de Nascimento;Observação\nMaria da Silva;529.982.247-25;Feminino;07/03/1984;;Brasil;Gestante\nX;1;;;;;\n";
    private const string Records =
        "patient_id,tm2_code,condition_name,system_type,severity,diagnosis_date,practitioner_id\np1,SK62,Tremor,Ayurveda,mild,2026-01-05,dr1\np1,SK62,Tremor,Ayurveda,mild,2026-01-05,dr1\np2,??,T,,,2026-01-05,dr1\n";
    private SandboxServer _sandbox = null!;
    private InteropServer _server = null!;

    public async Task InitializeAsync()
    {
        _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 0 });
        _server = await InteropServer.StartAsync(
            ("FHIR_TARGET_URL", _sandbox.FhirBase.AbsoluteUri),
            ("OPENMRS_BASE_URL", _sandbox.OpenMrsBase.AbsoluteUri),
            ("OPENMRS_USERNAME", "admin"),
            ("OPENMRS_PASSWORD", "Admin123")
        );
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task An_uploaded_file_is_written_and_its_rows_and_progress_can_be_read()
    {
        var (status, accepted) = await PostAsync("/upload-csv", Patients);
        Assert.Equal(HttpStatusCode.OK, status);
        var id = accepted.GetProperty("file_id").GetString();

        var events = await _server.Http.GetStringAsync($"/uploads/{id}/events");
        Assert.Contains("event: end", events, StringComparison.Ordinal);
        var state = await GetAsync($"/uploads/{id}");
        Assert.Equal(
            ("COMPLETED", 2, 1, 1),
            (
                state.GetProperty("status").GetString(),
                state.GetProperty("rows").GetInt32(),
                state.GetProperty("succeeded").GetInt32(),
                state.GetProperty("failed").GetInt32()
            )
        );
        var rows = await GetAsync($"/uploads/{id}/rows?status=invalid");
        Assert.Equal((1, 3), (rows.GetArrayLength(), rows[0].GetProperty("line").GetInt32()));
        var written = await GetAsync($"/uploads/{id}/rows?status=succeeded");
        Assert.StartsWith("Patient/", written[0].GetProperty("outcome")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal((1, 1), (_sandbox.Store.Count("Patient"), _sandbox.Store.Count("Observation")));
        Assert.Equal(HttpStatusCode.NotFound, (await _server.Http.GetAsync($"/uploads/{Guid.NewGuid()}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _server.Http.GetAsync($"/tm2/files/{id}")).StatusCode);
    }

    [Fact]
    public async Task Refused_uploads_have_the_documented_errors()
    {
        var (noPart, noPartBody) = await PostAsync("/upload-csv", Patients, field: "other");
        Assert.Equal((HttpStatusCode.BadRequest, "No file part"), (noPart, noPartBody.GetProperty("error").GetString()));
        var (noFile, noFileBody) = await PostAsync("/upload-csv", Patients, filename: "");
        Assert.Equal((HttpStatusCode.BadRequest, "No selected file"), (noFile, noFileBody.GetProperty("error").GetString()));
        var (missing, missingBody) = await PostAsync("/upload-csv", "Nome,CPF\nA,B\n");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, missing);
        Assert.Equal(
            "Missing columns: Gênero, Data de Nascimento, Telefone, País de Nascimento",
            missingBody.GetProperty("error").GetString()
        );
        var (parse, parseBody) = await PostAsync("/upload-csv", Patients + "\"never closed");
        Assert.Equal(
            (HttpStatusCode.BadRequest, "Failed to parse CSV file", 4),
            (parse, parseBody.GetProperty("error").GetString(), parseBody.GetProperty("line").GetInt32())
        );
        var (encoding, encodingBody) = await PostAsync("/upload-csv", "A\0B");
        Assert.Equal((HttpStatusCode.BadRequest, "File encoding error"), (encoding, encodingBody.GetProperty("error").GetString()));
        var (profile, _) = await PostAsync("/upload-csv?profile=unknown", Patients);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, profile);
        Assert.Equal(0, _sandbox.Store.Count("Patient"));
    }

    [Theory]
    [InlineData("/upload-csv", "the file has more than 50 MiB")]
    [InlineData("/ingest/trigger", "FILE_TOO_LARGE")]
    public async Task A_promise_of_a_billion_rows_is_refused_at_its_first_bytes(string path, string reason)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(_server.Http.BaseAddress!.Host, _server.Http.BaseAddress.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(
            Encoding.UTF8.GetBytes(
                $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 90000000000\r\n\r\n"
                    + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file.csv\"\r\n\r\nNome"
            )
        );
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!answer.ToString().Contains(reason, StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer, limit.Token);
            Assert.True(read > 0, answer.ToString());
            answer.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        Assert.StartsWith("HTTP/1.1 413", answer.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, (await GetAsync("/status")).GetProperty("database_statistics").GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task A_preview_shows_the_mapped_rows()
    {
        var (status, preview) = await PostAsync("/upload-csv/preview", Patients);
        Assert.Equal((HttpStatusCode.OK, 2), (status, preview.GetProperty("rows").GetArrayLength()));
        Assert.Equal("transaction", preview.GetProperty("rows")[0].GetProperty("bundle").GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("/upload-csv", "/uploads", "file_id", "CPF is missing or not valid")]
    [InlineData("/ingest/trigger", "/tm2/files", "processing_id", "tm2_code must have the form")]
    public async Task The_failures_of_a_file_are_downloaded_as_CSV(string path, string files, string id, string reason)
    {
        var (_, sent) = await PostAsync(path, path == "/upload-csv" ? Patients : Records);
        var address = $"{files}/{sent.GetProperty(id).GetString()}/failures";
        using var answer = await _server.Http.GetAsync(address);

        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal(
            ("text/csv", "file-failures.csv"),
            (answer.Content.Headers.ContentType?.MediaType, answer.Content.Headers.ContentDisposition?.FileName)
        );
        Assert.Contains(",line,state,reason", text, StringComparison.Ordinal);
        Assert.Contains(reason, text, StringComparison.Ordinal);
        using var missing = await _server.Http.GetAsync($"{files}/{Guid.NewGuid()}/failures");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Theory]
    [InlineData("/ingest/trigger")]
    [InlineData("/api/v1/ingest/trigger")]
    public async Task A_TM2_file_is_submitted_and_counted(string path)
    {
        var (status, answer) = await PostAsync(path, Records);
        Assert.Equal((HttpStatusCode.OK, "partial"), (status, answer.GetProperty("status").GetString()));
        var summary = answer.GetProperty("summary");
        int Count(string name) => summary.GetProperty(name).GetInt32();
        Assert.Equal(
            (3, 2, 1, 1, 1, 1),
            (
                Count("total_records"),
                Count("validated_records"),
                Count("stored_records"),
                Count("submitted_records"),
                Count("duplicate_records"),
                Count("validation_errors")
            )
        );
        Assert.StartsWith("line 4: tm2_code", summary.GetProperty("errors")[0].GetString(), StringComparison.Ordinal);

        var id = answer.GetProperty("processing_id").GetString();
        var submitted = (await GetAsync($"/tm2/files/{id}/records?status=submitted"))[0];
        Assert.Equal("submitted", submitted.GetProperty("status").GetString());
        Assert.NotEmpty(submitted.GetProperty("outcome").GetProperty("encounter").GetString()!);
        var state = await GetAsync("/status");
        Assert.True(state.GetProperty("openmrs_statistics").GetProperty("reachable").GetBoolean());
        Assert.Equal(1, state.GetProperty("database_statistics").GetProperty("submitted").GetInt32());

        var (accepted, later) = await PostAsync($"{path}?wait=false", Records);
        Assert.True(accepted == HttpStatusCode.Accepted, later.GetRawText());
    }

    [Fact]
    public async Task Refused_TM2_files_have_the_documented_envelope()
    {
        var (wrongType, body) = await PostAsync("/ingest/trigger", Records, filename: "records.xlsx");
        Assert.Equal(
            (HttpStatusCode.BadRequest, "INVALID_FILE_TYPE"),
            (wrongType, body.GetProperty("error").GetProperty("error_code").GetString())
        );
        foreach (var text in (string[])["", "patient_id\n", Records.Split('\n')[0] + "\n"])
        {
            var (status, refused) = await PostAsync("/ingest/trigger", text);
            Assert.Equal(
                (HttpStatusCode.UnprocessableEntity, "failed", false),
                (status, refused.GetProperty("status").GetString(), refused.GetProperty("success").GetBoolean())
            );
        }
    }

    [Fact]
    public async Task The_commands_send_files_and_write_the_failed_rows()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("patients.csv"), Patients);
        await File.WriteAllTextAsync(folder.File("records.csv"), Records);
        var url = _server.Http.BaseAddress!.AbsoluteUri;

        var (upload, _, progress) = await InteropProcess.RunAsync(
            folder.Path,
            new Dictionary<string, string>(),
            "upload",
            "patients.csv",
            "--url",
            url,
            "--failures",
            "failures.csv"
        );
        Assert.True(upload == 1, progress);
        Assert.Contains("2 rows, 1 done, 0 pending, 1 failed", progress, StringComparison.Ordinal);
        Assert.Equal(
            ["line,status,error", "3,invalid,\"CPF is missing or not valid\""],
            await File.ReadAllLinesAsync(folder.File("failures.csv"))
        );
        var (tm2, _, submitted) = await InteropProcess.RunAsync(
            folder.Path,
            new Dictionary<string, string>(),
            "tm2",
            "records.csv",
            "--url",
            url
        );
        Assert.True(tm2 == 1, submitted);
        Assert.Contains("3 rows, 2 done, 0 pending, 1 failed", submitted, StringComparison.Ordinal);
        var (refused, _, reason) = await InteropProcess.RunAsync(
            folder.Path,
            new Dictionary<string, string>(),
            "upload",
            "patients.csv",
            "--url",
            url,
            "--profile",
            "unknown"
        );
        Assert.Equal(2, refused);
        Assert.Contains("there is no mapping profile 'unknown'", reason, StringComparison.Ordinal);
    }

    private async Task<JsonElement> GetAsync(string address) => JsonDocument.Parse(await _server.Http.GetStringAsync(address)).RootElement;

    private async Task<(HttpStatusCode, JsonElement)> PostAsync(
        string address,
        string text,
        string field = "file",
        string filename = "file.csv"
    )
    {
        using var form = new MultipartFormDataContent();
        var part = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        part.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"{field}\"; filename=\"{filename}\"");
        form.Add(part);
        using var response = await _server.Http.PostAsync(address, form);
        return (response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }
}

using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Interop.Silo.CommandLine;

/// <summary><c>upload FILE</c> and <c>tm2 FILE</c>: send a CSV file to a running server and follow it to its end.</summary>
internal static class UploadCommand
{
    private const string TokenVariable = "INTEROP_TOKEN";
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(500);

    public static Command CreateUpload()
    {
        var profile = new Option<string?>("--profile") { Description = "The mapping profile; without it, the default one" };
        return Create(
            "upload",
            "Send a CSV file of patients to a running server, which writes them to a FHIR server",
            profile,
            parsed => parsed.GetValue(profile) is { } name ? $"upload-csv?profile={Uri.EscapeDataString(name)}" : "upload-csv",
            "file_id",
            "uploads",
            "rows"
        );
    }

    public static Command CreateTm2() =>
        Create(
            "tm2",
            "Send a CSV file of TM2 records to a running server, which submits them to OpenMRS",
            null,
            _ => "ingest/trigger?wait=false",
            "processing_id",
            "tm2/files",
            "records"
        );

    private static Command Create(
        string name,
        string description,
        Option<string?>? profile,
        Func<ParseResult, string> path,
        string idName,
        string files,
        string rows
    )
    {
        var file = new Argument<FileInfo>("FILE") { Description = "A CSV file" };
        var url = new Option<string>("--url")
        {
            Description = $"The server; its token is that of 'login', or {TokenVariable}",
            DefaultValueFactory = _ => ServerUrl.Default,
        };
        var failures = new Option<FileInfo?>("--failures") { Description = "Write the failed rows to this CSV file: line, status, error" };
        var command = new Command(name, description) { file, url, failures };
        if (profile is not null)
            command.Options.Add(profile);
        command.SetAction(
            (parsed, token) =>
                RunAsync(
                    parsed.GetValue(file)!,
                    ServerUrl.Parse(parsed.GetValue(url)!),
                    path(parsed),
                    idName,
                    files,
                    rows,
                    parsed.GetValue(failures),
                    token
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        FileInfo file,
        Uri url,
        string path,
        string idName,
        string files,
        string rows,
        FileInfo? failures,
        CancellationToken cancellationToken
    )
    {
        using var http = new HttpClient { BaseAddress = url, Timeout = Timeout.InfiniteTimeSpan };
        if ((Environment.GetEnvironmentVariable(TokenVariable) is { Length: > 0 } given ? given : StoredTokens.Find(url)) is { } token)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            var id = await SendAsync(http, file, path, idName, cancellationToken);
            var failed = await FollowAsync(http, $"{files}/{id}", idName == "processing_id", cancellationToken);
            if (failed > 0 && failures is not null)
                await WriteFailuresAsync(http, $"{files}/{id}/{rows}", failures, cancellationToken);
            return failed > 0 ? ExitCodes.Failure : ExitCodes.Success;
        }
        catch (HttpRequestException e)
        {
            throw new IOException($"{url}: {e.Message}", e);
        }
    }

    private static async Task<string> SendAsync(
        HttpClient http,
        FileInfo file,
        string path,
        string idName,
        CancellationToken cancellationToken
    )
    {
        using var form = new MultipartFormDataContent();
        await using var stream = file.OpenRead();
        form.Add(new StreamContent(stream), "file", file.Name);
        using var response = await http.PostAsync(path, form, cancellationToken);
        var body = await ReadAsync(response, cancellationToken);
        if (response.IsSuccessStatusCode)
            return body.GetProperty(idName).GetString()!;
        if (response.StatusCode == HttpStatusCode.Unauthorized)
            throw new ArgumentException($"{http.BaseAddress} asks for a login: interop login --url {http.BaseAddress}");
        var reason =
            body.ValueKind == JsonValueKind.Object
            && (body.TryGetProperty("detail", out var said) || body.TryGetProperty("message", out said))
                ? said.GetString()
                : null;
        throw new InvalidDataException($"{file} is refused with {(int)response.StatusCode}: {reason ?? "no reason given"}");
    }

    /// <summary>The number of rows that did not succeed.</summary>
    private static async Task<long> FollowAsync(HttpClient http, string address, bool isTm2, CancellationToken cancellationToken)
    {
        for (var shown = ""; ; )
        {
            using var response = await http.GetAsync(address, cancellationToken);
            var state = await ReadAsync(response.EnsureSuccessStatusCode(), cancellationToken);
            var counters = isTm2 ? state.GetProperty("summary") : state;
            long Count(string name) => counters.GetProperty(name).GetInt64();
            var (total, pending, good) = isTm2
                ? (Count("total_records"), Count("pending_records"), Count("submitted_records") + Count("duplicate_records"))
                : (Count("rows"), Count("pending"), Count("succeeded"));
            var status = state.GetProperty("status").GetString()!;
            var line = $"{status.ToLowerInvariant()}: {total} rows, {good} done, {pending} pending, {total - good - pending} failed";
            if (line != shown)
                await Console.Error.WriteLineAsync(shown = line);
            if (status is not ("RECEIVING" or "RUNNING" or "processing"))
                return total - good;
            await Task.Delay(PollPeriod, cancellationToken);
        }
    }

    private static async Task WriteFailuresAsync(HttpClient http, string address, FileInfo failures, CancellationToken cancellationToken)
    {
        await using var output = new StreamWriter(failures.Open(FileMode.Create));
        await output.WriteLineAsync("line,status,error");
        foreach (var status in (string[])["invalid", "failed"])
        {
            for (var after = 0L; ; )
            {
                using var response = await http.GetAsync($"{address}?status={status}&after={after}&limit=5000", cancellationToken);
                var rows = await ReadAsync(response.EnsureSuccessStatusCode(), cancellationToken);
                if (rows.GetArrayLength() == 0)
                    break;
                foreach (var row in rows.EnumerateArray())
                {
                    after = row.GetProperty("line").GetInt64();
                    await output.WriteLineAsync(
                        $"{after},{status},\"{row.GetProperty("error").GetString()?.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
                    );
                }
            }
        }
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw new InvalidDataException($"the server answered {(int)response.StatusCode} without JSON: is this an Interop server?");
        }
    }
}

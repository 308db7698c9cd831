using System.Net;
using System.Text;
using Interop.Api.Tests.Support;
using Interop.Sandbox.Mirth;
using Interop.TestServers;
using Npgsql;

namespace Interop.Api.Tests.Discovery;

/// <summary>Tokens, secrets, passwords and patients are in no answer, log, trace, metric, file or table.</summary>
public abstract class LeakTests : UpstreamTests
{
    private const string Search =
        """{"request_id":"req-1","demographics":{"firstName":" Zebulon ","lastName":"Quackenbush","dob":"1980-02-29"}}""";
    private readonly StringBuilder _answers = new();
    private OtlpReceiver _otlp = null!;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _otlp.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_secret_is_anywhere()
    {
        await TellAsync("/api/tokens/refresh", "");
        await TellAsync("/api/tokens/refresh", "");
        await TellAsync(
            "/api/tokens/manual",
            $$"""{"client_id":"{{Sandbox.OpenEmr.ClientId}}","client_secret":"{{Sandbox.OpenEmr.ClientSecret}}","username":"admin","password":"{{Sandbox.OpenEmr.Password}}"}"""
        );
        await TellAsync(
            "/api/tokens/manual",
            """{"client_id":"leak-client","client_secret":"leak-secret","username":"leak-user","password":"leak-password"}"""
        );
        Sandbox.OpenEmr.RevokeRefreshTokens();
        await TellAsync("/api/tokens/refresh", "");

        await TellAsync("/api/pd/search", Search.Replace("1980-02-29", "29.02.1980", StringComparison.Ordinal));
        Sandbox.Mirth.Status = 500;
        await TellAsync("/api/pd/search", Search);
        Sandbox.Mirth.Delay = TimeSpan.FromSeconds(6);
        await TellAsync("/api/pd/search", Search);
        (Sandbox.Mirth.Delay, Sandbox.Mirth.Status) = (TimeSpan.Zero, 200);
        Assert.Equal(HttpStatusCode.OK, await TellAsync("/api/pd/search", Search));
        foreach (var answered in Enum.GetValues<XcpdCase>())
        {
            Sandbox.Mirth.Case = answered;
            await TellAsync("/api/pd/search?format=xcpd", Search.Replace("req-1", $"req-{answered}", StringComparison.Ordinal));
        }

        // The answer to this call contains the patient that the caller named.
        Assert.NotEmpty(
            (await Server.GetAsync("/api/timeline?firstName=ZEBULON&lastName=quackenbush&dob=1980-02-29"))
                .GetProperty("events")
                .EnumerateArray()
        );
        _answers
            .Append((await Server.GetAsync("/api/tokens/status")).GetRawText())
            .Append((await Server.GetAsync("/api/telemetry/events")).GetRawText());
        await TellAsync(
            "/api/tokens/manual",
            $$"""{"client_id":"{{Sandbox.OpenEmr.ClientId}}","client_secret":"{{Sandbox.OpenEmr.ClientSecret}}","username":"leak-user","password":"leak-password"}"""
        );
        var password = Sandbox.OpenEmr.Password;
        Sandbox.OpenEmr.Password = "another";
        Sandbox.OpenEmr.RevokeRefreshTokens();
        await TellAsync("/api/tokens/refresh", ""); // its failure is logged
        await ArrivesAsync(() => _otlp.Traces, "/mirth/pd", "traces");
        await ArrivesAsync(() => _otlp.Logs, "invalid_grant", "logs");
        await ArrivesAsync(() => _otlp.Metrics, "interop.telemetry.events", "metrics");

        Assert.InRange(Sandbox.OpenEmr.IssuedSecrets.Count, 6, 20);
        string[] secrets =
        [
            .. Sandbox.OpenEmr.IssuedSecrets,
            Sandbox.OpenEmr.ClientSecret,
            password,
            "leak-secret",
            "leak-password",
            "leak-user",
            "Zebulon",
            "Quackenbush",
            "1980-02-29",
            "19800229",
        ];
        (string Place, string Content)[] places =
        [
            .. Files(),
            .. await DumpAsync(),
            ("the log", Server.Log),
            ("the answers", _answers.ToString()),
            ("the traces", _otlp.Traces),
            ("the exported logs", _otlp.Logs),
            ("the metrics", _otlp.Metrics),
        ];
        foreach (var (place, content) in places)
        {
            foreach (var secret in secrets)
            {
                var at = content.IndexOf(secret, StringComparison.OrdinalIgnoreCase);
                Assert.True(
                    at < 0,
                    at < 0 ? "" : $"{secret} is in {place}: {content[Math.Max(0, at - 100)..Math.Min(content.Length, at + 100)]}"
                );
            }
        }
    }

    protected override async Task<(string Name, string Value)[]> SettingsAsync()
    {
        _otlp = await OtlpReceiver.StartAsync();
        return [.. _otlp.Settings, .. await DatabaseAsync()];
    }

    protected abstract Task<(string Name, string Value)[]> DatabaseAsync();

    /// <summary>What the database holds, where it is no file in INTEROP_DATA.</summary>
    protected abstract Task<IEnumerable<(string Place, string Content)>> DumpAsync();

    private static Task ArrivesAsync(Func<string> received, string text, string what) =>
        Eventually.Is(() => Task.FromResult(received().Contains(text, StringComparison.Ordinal)), $"{what} with {text} arrive");

    private async Task<HttpStatusCode> TellAsync(string path, string body)
    {
        var (status, answer) = await PostAsync(path, body);
        // The matches of an answer are for its caller.
        _answers.Append(answer.TryGetProperty("matches", out _) ? "" : answer.GetRawText());
        return status;
    }
}

public sealed class SqliteLeakTests : LeakTests
{
    protected override Task<(string Name, string Value)[]> DatabaseAsync() => Task.FromResult<(string, string)[]>([]);

    protected override Task<IEnumerable<(string Place, string Content)>> DumpAsync() => Task.FromResult<IEnumerable<(string, string)>>([]);
}

public sealed class PostgresLeakTests : LeakTests
{
    private string _url = "";

    protected override async Task<(string Name, string Value)[]> DatabaseAsync()
    {
        _url = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        return [("DB_URL", _url)];
    }

    protected override async Task<IEnumerable<(string Place, string Content)>> DumpAsync()
    {
        await using var source = NpgsqlDataSource.Create(_url);
        await using var connection = await source.OpenConnectionAsync();
        var tables = new List<string>();
        await using (
            var command = new NpgsqlCommand(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
                connection
            )
        )
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                tables.Add(reader.GetString(0));
        }

        var dump = new List<(string, string)>();
        foreach (var table in tables)
        {
            using var rows = await connection.BeginTextExportAsync($"COPY \"{table}\" TO STDOUT");
            dump.Add(($"table {table}", await rows.ReadToEndAsync()));
        }

        Assert.NotEmpty(dump.Single(d => d.Item1 == "table telemetry_events").Item2);
        Assert.NotEmpty(dump.Single(d => d.Item1 == "table timeline_events").Item2);
        return dump;
    }
}

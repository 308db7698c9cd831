using System.Net;
using System.Net.Sockets;
using Interop.Api.Tests.Support;
using Interop.Storage;
using Interop.Storage.Connections;
using Interop.TestServers;

namespace Interop.Api.Tests.CommandLine;

/// <summary>A start that fails writes one line to standard error and ends with exit code 2; it never shows a stack trace or a
/// secret.</summary>
public sealed class StartTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task A_network_address_without_users_is_refused() =>
        RefusedAsync("BIND=0.0.0.0 would open the API, and the patient data in it, to the network", ("BIND", "0.0.0.0"));

    [Fact]
    public Task A_network_address_without_allowed_hosts_is_refused() =>
        RefusedAsync("BIND=0.0.0.0 needs ALLOWED_HOSTS", ("BIND", "0.0.0.0"), ("AUTH", "none"));

    [Fact]
    public Task A_file_that_is_not_a_database_is_refused() =>
        RefusedAsync(
            "notes.db is not a SQLite database",
            ("DB_URL", _folder.Write("notes.db", string.Concat(Enumerable.Repeat("not a database ", 100))))
        );

    [Fact]
    public Task A_folder_that_cannot_be_created_is_refused() =>
        RefusedAsync(
            "must be a folder that can be created and written to",
            ("INTEROP_DATA", Path.Combine(_folder.Write("file", "x"), "data"))
        );

    [Fact]
    public Task An_unreachable_database_is_refused_without_its_password() =>
        RefusedAsync("PostgreSQL 127.0.0.1:1/x as u cannot be reached", ("DB_URL", "postgres://u:s3cr3t-w0rd@127.0.0.1:1/x"));

    [Fact]
    public async Task A_database_without_TLS_is_refused_when_the_URL_requires_it()
    {
        var server = await PostgresServer.SharedAsync();
        await server.CreateDatabaseAsync("without_tls");
        await RefusedAsync(
            "does not offer the TLS that DB_URL asks for (sslmode=require)",
            ("DB_URL", $"{server.UriTo("without_tls")}?sslmode=require")
        );
    }

    [Fact]
    public Task A_silo_that_the_other_processes_could_not_reach_is_refused() =>
        RefusedAsync("ROLE must not be silo while the silo is on loopback", ("ROLE", "silo"), ("DB_URL", "postgres://u:p@203.0.113.7/x"));

    [Fact]
    public async Task A_port_in_use_is_refused()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await RefusedAsync($"port {port} of 127.0.0.1 is in use by ", ("PORT", $"{port}"));
        await RefusedAsync($"(process {Environment.ProcessId}): choose another with --port", ("PORT", $"{port}"));
    }

    [Fact]
    public async Task A_database_newer_than_the_program_is_refused()
    {
        var file = _folder.File("new.db");
        await using (await InteropServer.StartAsync(("DB_URL", file))) { }

        await using (var database = DatabaseFactory.Open(new DatabaseOptions { Connection = file }))
        {
            await database.WriteAsync(
                (session, token) =>
                    session.ExecuteAsync(
                        "INSERT INTO schema_version (version, name, checksum, applied_at) VALUES (9999, 'future', 'x', '2999-01-01T00:00:00.0000000Z')",
                        null,
                        token
                    )
            );
        }

        await RefusedAsync("is at schema version 9999, this program supports versions up to", ("DB_URL", file));
    }

    [Fact]
    public async Task Settings_come_from_dotenv_and_the_environment_wins()
    {
        _folder.Write(
            ".env",
            "# a comment\nexport FHIR_PAGE_SIZE='7'\nMONGODB_URI=mongodb://nowhere\nBIND=203.0.113.7\nSources__clinic__BaseUrl=\"http://127.0.0.1:1/fhir\"\n"
        );
        await using var program = InteropProcess.Start(
            _folder.Path,
            new Dictionary<string, string> { ["PORT"] = "0", ["BIND"] = "127.0.0.1" },
            "serve"
        );
        using var http = await program.ClientAsync();
        Assert.Equal("""{"status":"ok"}""", await http.GetStringAsync("/health"));
        Assert.Equal(0, await program.TerminateAsync());
        Assert.Contains("clinic = http://127.0.0.1:1/fhir", program.Output, StringComparison.Ordinal);
        Assert.Contains("MONGODB_URI has no effect", program.Output, StringComparison.Ordinal);
        Assert.Contains("open to this machine only", program.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.File("data/interop.db")));
        Assert.Equal("", program.Errors.Trim());
        if (OperatingSystem.IsWindows())
            return;
        foreach (
            var entry in Directory
                .EnumerateFileSystemEntries(_folder.File("data"), "*", SearchOption.AllDirectories)
                .Append(_folder.File("data"))
        )
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(entry) & (UnixFileMode)0b000_111_111);
    }

    [Fact]
    public async Task A_line_of_dotenv_that_is_not_a_setting_is_named()
    {
        _folder.Write(".env", "PORT=0\nnonsense\n");
        await RefusedAsync(".env, line 2: expected NAME=value");
    }

    private async Task RefusedAsync(string message, params (string Name, string Value)[] settings)
    {
        var given = new Dictionary<string, string> { ["PORT"] = "0" };
        foreach (var (name, value) in settings)
            given[name] = value;
        var (exitCode, output, errors) = await InteropProcess.RunAsync(_folder.Path, given, "serve");
        Assert.Equal(2, exitCode);
        Assert.StartsWith("interop: ", errors, StringComparison.Ordinal);
        Assert.True(errors.Contains(message, StringComparison.Ordinal), errors);
        Assert.DoesNotContain('\n', errors);
        Assert.DoesNotContain("s3cr3t-w0rd", output + errors, StringComparison.Ordinal);
    }
}

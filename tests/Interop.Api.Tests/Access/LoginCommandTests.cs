using Interop.Access;
using Interop.Api.Tests.Support;
using Interop.TestServers;

namespace Interop.Api.Tests.Access;

/// <summary>The command <c>login</c>, and the commands that use its token.</summary>
public sealed class LoginCommandTests : IAsyncLifetime
{
    private const string Records = "patient_id,tm2_code,condition_name,system_type,severity,diagnosis_date,practitioner_id\n";
    private readonly TemporaryFolder _folder = new();
    private AccessServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await AccessServer.StartAsync();
        await File.WriteAllTextAsync(_folder.File("records.csv"), Records + "p1,SK62,Tremor,Ayurveda,mild,2026-01-05,dr1\n");
        await File.WriteAllTextAsync(
            _folder.File("patients.csv"),
            "Patient number,Name,Gender,Date of birth,Phone,Country of birth\n7,Ada Lovelace,F,1915-12-10,,UK\n"
        );
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_token_is_stored_for_its_user_only_and_the_commands_send_it()
    {
        var (before, _, reason) = await RunAsync("", "upload", "patients.csv", "--profile", "patients");
        Assert.Equal(2, before);
        Assert.Contains("interop login --url", reason, StringComparison.Ordinal);

        var (exitCode, output, errors) = await RunAsync(
            $"{AccessServer.Password}\n",
            "login",
            "--user",
            AccessServer.Name(AccessRole.Operator)
        );
        Assert.True(exitCode == 0, errors);
        Assert.DoesNotContain(AccessServer.Password, output + errors, StringComparison.Ordinal);
        var file = _folder.File("config/interop/tokens.json");
        Assert.Contains(file, output, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        // Without an upstream the rows wait, which is no failure of the upload.
        var (upload, _, progress) = await RunAsync("", "upload", "patients.csv", "--profile", "patients");
        Assert.Contains("1 rows, 0 done, 1 pending, 0 failed", progress, StringComparison.Ordinal);
        Assert.Equal(1, upload);
        var (tm2, _, submitted) = await RunAsync("", "tm2", "records.csv");
        Assert.Contains("1 rows, 0 done, 1 pending, 0 failed", submitted, StringComparison.Ordinal);
        Assert.Equal(1, tm2);
    }

    [Fact]
    public async Task A_wrong_password_stores_nothing()
    {
        var (exitCode, _, errors) = await RunAsync("a wrong password\n", "login", "--user", "operator");

        Assert.Equal(2, exitCode);
        Assert.Contains("refuses the name or the password", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("config/interop/tokens.json")));
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(string input, params string[] arguments) =>
        InteropProcess.RunWithInputAsync(
            _folder.Path,
            new Dictionary<string, string> { ["XDG_CONFIG_HOME"] = _folder.File("config") },
            input,
            [.. arguments, "--url", _server.Http.BaseAddress!.AbsoluteUri]
        );
}

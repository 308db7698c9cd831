using Interop.Api.Tests.Support;
using Interop.TestServers;

namespace Interop.Api.Tests.Access;

/// <summary>The commands <c>user</c> and <c>api-key</c>.</summary>
public sealed class UserCommandTests : IDisposable
{
    private static readonly Dictionary<string, string> NoSettings = [];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Users_and_keys_are_managed_beside_a_running_server()
    {
        await using var program = InteropProcess.Start(_folder.Path, new Dictionary<string, string> { ["PORT"] = "0" }, "serve");
        using var http = await program.ClientAsync();
        Assert.Equal((0, "added ada", ""), await RunAsync("correct horse battery\n", "user", "add", "ada", "--role", "admin"));
        await Eventually.Is(async () => (int)(await http.GetAsync("/runs")).StatusCode == 401, "the API asks for credentials");

        var (exitCode, key, _) = await RunAsync("", "api-key", "add", "mirth", "--role", "viewer");
        Assert.Equal(0, exitCode);
        http.DefaultRequestHeaders.Add("X-Api-Key", key);
        Assert.Equal(200, (int)(await http.GetAsync("/runs")).StatusCode);
        Assert.Equal(403, (int)(await http.PostAsync("/ingest/patients", null)).StatusCode);
        Assert.Equal(0, (await RunAsync("", "api-key", "remove", "mirth")).ExitCode);
        await Eventually.Is(async () => (int)(await http.GetAsync("/runs")).StatusCode == 401, "the key is void");

        var (_, list, _) = await RunAsync("", "user", "list");
        Assert.StartsWith("ada admin since ", list, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("short\n", "interop: a password has 12 to 256 characters", "user", "add", "ada", "--role", "admin")]
    [InlineData("correct horse battery\n", "interop: there is no user nobody", "user", "passwd", "nobody")]
    [InlineData(
        "correct horse battery\n",
        "interop: a name has 1 to 64 ASCII letters, digits, '-', '_' and '@', unlike 'a b'",
        "user",
        "add",
        "a b",
        "--role",
        "viewer"
    )]
    [InlineData("", "interop: there is no API key x", "api-key", "remove", "x")]
    public async Task A_bad_name_or_password_is_refused(string input, string message, params string[] arguments)
    {
        var (exitCode, _, errors) = await RunAsync(input, arguments);
        Assert.Equal((2, message), (exitCode, errors));
    }

    private async Task<(int ExitCode, string Output, string Errors)> RunAsync(string input, params string[] arguments)
    {
        var (exitCode, output, errors) = await InteropProcess.RunWithInputAsync(_folder.Path, NoSettings, input, arguments);
        return (exitCode, output.Trim(), errors);
    }
}

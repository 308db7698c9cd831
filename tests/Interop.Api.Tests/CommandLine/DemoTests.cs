using System.Globalization;
using Interop.Api.Tests.Support;
using Interop.Sandbox;
using Interop.Silo.CommandLine;
using Interop.Silo.Settings;
using Interop.TestServers;

namespace Interop.Api.Tests.CommandLine;

/// <summary>The commands that ingest and show a summary.</summary>
public sealed class DemoTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_demo_ingests_everything_and_its_second_run_changes_nothing()
    {
        var nowhere = new Dictionary<string, string> { ["PORT"] = "0", ["DB_URL"] = "postgres://nobody@127.0.0.1:1/a-real-one" };
        var (exitCode, output, errors) = await InteropProcess.RunAsync(_folder.Path, nowhere, "demo", "--exit", "--patients", "20");
        Assert.True(exitCode == 0, output + errors);
        Assert.Equal(
            (19, 440, 100, 40),
            (Column(output, "Patient", 0), Column(output, "Observation", 0), Column(output, "Encounter", 0), Column(output, "Condition", 0))
        );
        Assert.Equal(599, Column(output, "total", 0)); // one patient arrives late
        Assert.Equal(599, Column(output, "total", 1) + Column(output, "total", 3));
        Assert.Contains("fetched = stored + unchanged + dead letters", output, StringComparison.Ordinal);
        Assert.DoesNotContain("kept from an earlier demo", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output);
        Assert.DoesNotMatch(@"\[/?(bold|red|green|grey)", output);
        Assert.All(output.Split('\n'), line => Assert.InRange(line.Length, 0, 120));
        Assert.InRange(output.Split('\n').Length, 10, 60);
        var alerts = Monitoring(output);
        Assert.Contains("AuditEvents of a simulated hospital polled and scored", alerts[0], StringComparison.Ordinal);
        Assert.Equal(3, alerts.Count(line => line.StartsWith("  HIGH ", StringComparison.Ordinal)));
        Assert.InRange(alerts.Count(line => line.StartsWith("    - ", StringComparison.Ordinal)), 3, 6);

        var (again, second, _) = await InteropProcess.RunAsync(_folder.Path, nowhere, "demo", "--exit", "--patients", "20");
        Assert.Equal(0, again);
        // Nothing is bad any more, and only the observations of the late patient are new.
        Assert.Contains("is kept from an earlier demo", second, StringComparison.Ordinal);
        Assert.Equal((0, 22), (Column(second, "total", 3), Column(second, "total", 1)));
        Assert.InRange(Column(second, "total", 0), 0, 600);
        Assert.Equal(alerts.Skip(1), Monitoring(second).Skip(1)); // the first line says how long it took
    }

    private static List<string> Monitoring(string output) =>
        [.. output.Split('\n').SkipWhile(line => !line.StartsWith("access monitoring", StringComparison.Ordinal)).Select(l => l.TrimEnd())];

    [Fact]
    public async Task Ingest_runs_once_without_a_server()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 10 });
        var (exitCode, output, errors) = await InteropProcess.RunAsync(
            _folder.Path,
            new Dictionary<string, string>(),
            "ingest",
            "patients",
            "Condition",
            "--source",
            sandbox.FhirBase.AbsoluteUri
        );
        Assert.True(exitCode == 0, output + errors);
        Assert.Equal((10, 20), (Column(output, "Patient", 0), Column(output, "Condition", 0)));
        Assert.True(File.Exists(_folder.File("data/interop.db")));
    }

    [Fact]
    public async Task Ingest_ends_with_1_and_the_reason_when_the_server_cannot_be_reached()
    {
        var (exitCode, output, _) = await InteropProcess.RunAsync(
            _folder.Path,
            new Dictionary<string, string> { ["Sources__default__MaxAttempts"] = "2", ["Sources__default__BaseDelay"] = "00:00:00.01" },
            "ingest",
            "Patient",
            "--source",
            "http://127.0.0.1:1/fhir"
        );
        Assert.Equal(1, exitCode);
        Assert.Contains("FAILED", output, StringComparison.Ordinal);
        Assert.Contains("Upstream FHIR request failed: GET http://127.0.0.1:1/fhir/", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("interop: R4 has no resource type 'Unicorn'", "ingest", "Unicorn", "--source", "http://127.0.0.1:1/fhir")]
    [InlineData("interop: no source 'default': give --source URL, or set FHIR_BASE_URL", "ingest", "Patient")]
    public async Task Ingest_names_the_type_or_source_that_it_does_not_know(string line, params string[] arguments)
    {
        var (exitCode, _, errors) = await InteropProcess.RunAsync(_folder.Path, new Dictionary<string, string>(), arguments);
        Assert.Equal((2, line), (exitCode, errors));
    }

    [Fact]
    public async Task Fresh_empties_only_a_folder_of_the_demo()
    {
        Directory.CreateDirectory(_folder.File("data/demo"));
        _folder.Write("data/demo/thesis.txt", "mine");
        var (exitCode, _, errors) = await InteropProcess.RunAsync(
            _folder.Path,
            new Dictionary<string, string> { ["PORT"] = "0" },
            "demo",
            "--exit",
            "--fresh",
            "--patients",
            "2"
        );
        Assert.Equal(2, exitCode);
        Assert.StartsWith("interop: data/demo is not a folder of the demo", errors, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.File("data/demo/thesis.txt")));
    }

    [Fact]
    public void A_folder_of_the_demo_is_emptied_under_its_lock()
    {
        var path = _folder.File("demo");
        using (var first = DemoFolder.Open(path, isFresh: false))
        {
            File.WriteAllText(Path.Combine(path, "interop.db"), "x");
            var second = Assert.Throws<SettingsException>(() => DemoFolder.Open(path, isFresh: true));
            Assert.StartsWith($"{path} is used by another demo", second.Message, StringComparison.Ordinal);
            Assert.True(File.Exists(Path.Combine(path, "interop.db")));
        }

        using var fresh = DemoFolder.Open(path, isFresh: true);
        Assert.False(fresh.IsKept);
        Assert.Single(Directory.GetFileSystemEntries(path));
    }

    [Theory]
    [InlineData("validate", "--port", false)]
    [InlineData("validate", "--db", false)]
    [InlineData("ingest", "--port", false)]
    [InlineData("ingest", "--db", true)]
    [InlineData("serve", "--port", true)]
    public async Task A_command_lists_only_options_that_it_takes(string verb, string option, bool isListed)
    {
        var (exitCode, output, _) = await InteropProcess.RunAsync(_folder.Path, new Dictionary<string, string>(), verb, "--help");
        Assert.Equal(0, exitCode);
        Assert.Equal(isListed, output.Contains(option, StringComparison.Ordinal));
    }

    /// <summary>A number of the summary table's row.</summary>
    private static long Column(string output, string row, int column)
    {
        var line = output.Split('\n').Last(l => l.TrimStart().StartsWith(row + " ", StringComparison.Ordinal));
        return long.Parse(
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[column + 1],
            NumberStyles.AllowThousands,
            CultureInfo.InvariantCulture
        );
    }
}

using System.Text.RegularExpressions;

namespace Interop.Architecture.Tests;

/// <summary>Tests wait on conditions, with <c>Eventually</c> of Interop.TestServers, and never for a fixed time.</summary>
public sealed partial class WaitTests
{
    /// <summary>The files that may wait for a fixed time, each with the reason.</summary>
    private static readonly Dictionary<string, string> Allowed = new()
    {
        ["tests/Interop.TestServers/Eventually.cs"] = "the helper itself",
        ["tests/Interop.TestServers/PostgresServer.cs"] = "polls the server's port while its process runs",
        ["tests/Interop.Api.Tests/Telemetry/DurabilityTests.cs"] = "the length of a simulated outage",
        ["tests/Interop.Api.Tests/Crashes/PollKillTests.cs"] = "the length of an outage, and the random moment of a kill",
        ["tests/Interop.Grains.Tests/Polling/CompetingPollersTests.cs"] = "the pause of a poller that has lost its source",
        ["tests/Interop.Api.Tests/Crashes/CompressedAnswerTests.cs"] = "the interval at which the memory of a process is read",
        ["tests/Interop.Fhir.Tests/Client/FhirClientTests.cs"] = "the pauses of a server that sends a byte now and then",
        ["tests/Interop.Grains.Tests/Ingestion/WaitingTests.cs"] = "the pauses of a slow server",
        ["engine/Orleans.Local.Tests/Turns/TurnGrains.cs"] = "an await that continues on a timer's thread is what the test is about",
    };

    [Fact]
    public void Tests_do_not_sleep()
    {
        var root = DialectTests.Root;
        var sleeping = new[] { "tests", "engine/Orleans.Local.Tests" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(root, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => Sleep.IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(root, file).Replace('\\', '/'))
            .Where(file => file != "tests/Interop.Architecture.Tests/WaitTests.cs")
            .Order(StringComparer.Ordinal);
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), sleeping);
    }

    // A delay without an end waits for the cancellation of its token.
    [GeneratedRegex(@"Thread\.Sleep\(|Task\.Delay\((?!Timeout\.Infinite)")]
    private static partial Regex Sleep { get; }
}

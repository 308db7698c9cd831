using System.Runtime.CompilerServices;

namespace Interop.Api.Tests.CommandLine;

/// <summary>The rule of ADR 7.</summary>
public sealed class SandboxReferenceTests
{
    [Fact]
    public void Only_the_demo_and_the_send_command_use_the_sandbox()
    {
        var files = Directory
            .EnumerateFiles(SourceFolder(), "*.cs", SearchOption.AllDirectories)
            .Where(file => File.ReadAllText(file).Contains("Interop.Sandbox", StringComparison.Ordinal))
            .Select(Path.GetFileName)
            .Order(StringComparer.Ordinal);
        Assert.Equal(["AccessDemo.cs", "DemoCommand.cs", "SendCommand.cs"], files);
    }

    private static string SourceFolder([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", "..", "src"));
}

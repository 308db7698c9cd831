using System.Runtime.CompilerServices;

namespace Interop.Api.Tests.CommandLine;

/// <summary>The rule of ADR 7.</summary>
public sealed class SandboxReferenceTests
{
    [Fact]
    public void Only_the_demo_command_uses_the_sandbox()
    {
        var files = Directory.EnumerateFiles(SourceFolder(), "*.cs", SearchOption.AllDirectories)
            .Where(file => File.ReadAllText(file).Contains("Interop.Sandbox", StringComparison.Ordinal)).Select(Path.GetFileName);
        Assert.Equal(["DemoCommand.cs"], files);
    }

    private static string SourceFolder([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", "..", "src"));
}

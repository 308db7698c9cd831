using System.Reflection;

namespace Interop.Architecture.Tests;

/// <summary>Dependencies between the namespaces of a project point one way.</summary>
public sealed class NamespaceTests
{
    public static TheoryData<string> Projects => ["Interop.Grains.Abstractions", "Interop.Silo", "Interop.Telemetry"];

    [Theory]
    [MemberData(nameof(Projects))]
    public void The_namespaces_of_a_project_have_no_cycle(string project)
    {
        var cycles = new NamespaceGraph(Assembly.Load(project)).Cycles();

        Assert.True(cycles.Count == 0, string.Join("\n\n", cycles));
    }
}

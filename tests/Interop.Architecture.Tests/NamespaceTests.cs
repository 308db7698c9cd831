using System.Reflection;

namespace Interop.Architecture.Tests;

/// <summary>Dependencies between the namespaces of a project point one way.</summary>
public sealed class NamespaceTests
{
    public static TheoryData<string> Projects =>
        [
            "Interop.Dashboard",
            "Interop.Grains.Abstractions",
            "Interop.Ingestion",
            "Interop.Silo",
            "Interop.Sources",
            "Interop.Storage",
            "Interop.Telemetry",
        ];

    [Theory]
    [MemberData(nameof(Projects))]
    public void The_namespaces_of_a_project_have_no_cycle(string project)
    {
        var cycles = new NamespaceGraph(Assembly.Load(project)).Cycles();

        Assert.True(cycles.Count == 0, string.Join("\n\n", cycles));
    }

    // Orleans' own public types force this pair: Orleans.IGrain derives from Orleans.Runtime.IAddressable, and Orleans.Runtime.GrainId
    // carries Orleans.GenerateSerializerAttribute. The use from Orleans.Runtime to Orleans is allowed; nothing else.
    [Fact]
    public void The_namespaces_of_the_embedded_engine_have_no_cycle_but_that_of_the_public_API()
    {
        var engine = typeof(IGrain).Assembly;
        if (engine.GetName().Name != "Orleans.Local")
            return;

        var cycles = new NamespaceGraph(engine, ("Orleans.Runtime", "Orleans")).Cycles();

        Assert.True(cycles.Count == 0, string.Join("\n\n", cycles));
    }
}

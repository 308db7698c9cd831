using Interop.Silo.Hosting;

namespace Interop.Api.Tests.Cluster;

/// <summary>A test on several processes of one cluster, reported as skipped on the embedded engine.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ClusterFactAttribute : FactAttribute
{
    public ClusterFactAttribute()
    {
        if (Engine.IsEmbedded)
            Skip = "needs a cluster (-p:Engine=Orleans): the embedded engine is one process";
    }
}

/// <summary>A test of what the embedded engine refuses, reported as skipped on Orleans.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class EmbeddedTheoryAttribute : TheoryAttribute
{
    public EmbeddedTheoryAttribute()
    {
        if (!Engine.IsEmbedded)
            Skip = "is about the embedded engine";
    }
}

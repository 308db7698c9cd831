namespace Orleans.Local.Tests.Support;

/// <summary>A test that needs two silos: skipped on the embedded engine, which has one.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TwoSilosFactAttribute : FactAttribute
{
    public TwoSilosFactAttribute()
    {
        if (Engine.IsLocal)
            Skip = "Needs two silos; the embedded engine is one process with one silo. Runs with -p:Engine=Orleans.";
    }
}

/// <summary>A test of something that the embedded engine refuses, or does beyond Orleans.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class EmbeddedFactAttribute : FactAttribute
{
    public EmbeddedFactAttribute()
    {
        if (!Engine.IsLocal)
            Skip = "Only the embedded engine does this.";
    }
}

internal static class Engine
{
    public static bool IsLocal { get; } = typeof(IGrain).Assembly.GetName().Name == "Orleans.Local";
}

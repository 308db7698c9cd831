namespace Interop.Grains.Tests.Support;

/// <summary>A test that needs two silos: the embedded engine has one.</summary>
internal sealed class TwoSilosFactAttribute : FactAttribute
{
    public TwoSilosFactAttribute()
    {
        if (TestSilo.IsEmbeddedEngine)
            Skip = "the embedded engine has one silo: the test runs with -p:Engine=Orleans";
    }
}

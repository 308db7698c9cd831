namespace Orleans.Runtime;

/// <summary>The activation whose turn runs on this thread.</summary>
internal static class RuntimeContext
{
    [ThreadStatic]
    private static IActivationContext? OfThread;

    public static IActivationContext? Current
    {
        get => OfThread;
        set => OfThread = value;
    }
}

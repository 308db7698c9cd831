namespace Orleans.Activations;

/// <summary>The activation whose turn this thread runs.</summary>
internal static class RuntimeContext
{
    [ThreadStatic]
    private static Activation? OfThread;

    public static Activation? Current
    {
        get => OfThread;
        set => OfThread = value;
    }
}

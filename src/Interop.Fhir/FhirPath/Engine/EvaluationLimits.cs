namespace Interop.Fhir.FhirPath.Engine;

/// <summary>
/// The limits of one evaluation. Expressions and data are untrusted: an evaluation that exceeds a limit ends with a
/// <see cref="Errors.FhirPathException"/> of kind <see cref="Errors.FhirPathErrorKind.Limit"/>.
/// </summary>
public sealed record EvaluationLimits
{
    /// <summary>The limits that are used where none are given.</summary>
    public static EvaluationLimits Default { get; } = new();

    /// <summary>
    /// The largest number of steps: items produced, items iterated over, and comparisons of items; long texts count for more. The default
    /// is 10 million steps, some tenths of a second.
    /// </summary>
    public long MaxSteps { get; init; } = 10_000_000;

    /// <summary>The largest number of items that are held at the same time. The default is 1 million items (48 bytes each).</summary>
    public int MaxItems { get; init; } = 1_000_000;

    /// <summary>The largest number of bytes of all strings that the evaluation builds, at two bytes a character. The default is 32
    /// MiB.</summary>
    public long MaxTextBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>The deepest recursion into data. The default is 512 levels.</summary>
    public int MaxDepth { get; init; } = 512;

    /// <summary>The longest time that all regular expressions of the evaluation may take together. The default is 1 second.</summary>
    public TimeSpan MaxRegexTime { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>
/// Steps and text bytes that several evaluations share, such as those of all invariants on one resource. Used by one thread at a time.
/// </summary>
public sealed class EvaluationBudget
{
    /// <param name="limits">The limits for all evaluations together.</param>
    public EvaluationBudget(EvaluationLimits limits)
    {
        StepsLeft = limits.MaxSteps;
        TextBytesLeft = limits.MaxTextBytes;
    }

    /// <summary>The steps that are left.</summary>
    public long StepsLeft { get; internal set; }

    /// <summary>The bytes of strings that are left.</summary>
    public long TextBytesLeft { get; internal set; }
}

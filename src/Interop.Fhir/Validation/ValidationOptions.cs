using Interop.Fhir.Json;

namespace Interop.Fhir.Validation;

/// <summary>How much is validated.</summary>
public enum ValidationLevel
{
    /// <summary>Everything except the invariants: the default level of ingestion.</summary>
    Structure,

    /// <summary>The structure, and the specification's invariants through <see cref="ValidationOptions.InvariantChecker"/>.</summary>
    Full,
}

/// <summary>The level and the limits of validation. The limits protect the stack and the memory.</summary>
public sealed record ValidationOptions
{
    /// <summary>The largest allowed <see cref="MaxDepth"/>. More nesting could exhaust a thread's stack.</summary>
    public const int LargestMaxDepth = JsonDepth.Limit;

    /// <summary>The default of <see cref="MaxDepth"/>: a resource that passed with default options has no more levels than this.</summary>
    public const int DefaultMaxDepth = 128;

    /// <summary>The default of <see cref="MaxBytes"/>: 64 MiB.</summary>
    public const int DefaultMaxBytes = 64 * 1024 * 1024;

    /// <summary>How much is validated. The default value is <see cref="ValidationLevel.Structure"/>.</summary>
    public ValidationLevel Level { get; init; } = ValidationLevel.Structure;

    /// <summary>What checks the invariants; level <see cref="ValidationLevel.Full"/> needs one.</summary>
    public IInvariantChecker? InvariantChecker { get; init; }

    /// <summary>Checks a resource against the profiles that its <c>meta.profile</c> claims; null checks no profile.</summary>
    public IProfileChecker? ProfileChecker { get; init; }

    /// <summary>How many JSON objects and arrays may lie in each other, 1 to <see cref="LargestMaxDepth"/>.</summary>
    public int MaxDepth { get; init; } = DefaultMaxDepth;

    /// <summary>The size of the largest resource in bytes.</summary>
    public int MaxBytes { get; init; } = DefaultMaxBytes;

    /// <summary>How many issues of one resource are listed.</summary>
    public int MaxIssues { get; init; } = 200;

    /// <exception cref="ArgumentException">An option is out of range, or the level is Full and there is no checker.</exception>
    internal void Check()
    {
        if (MaxDepth is < 1 or > LargestMaxDepth)
            throw new ArgumentException($"MaxDepth is {MaxDepth}; it must be from 1 to {LargestMaxDepth}.");
        if (MaxBytes < 1)
            throw new ArgumentException($"MaxBytes is {MaxBytes}; it must be at least 1.");
        if (MaxIssues < 1)
            throw new ArgumentException($"MaxIssues is {MaxIssues}; it must be at least 1.");
        if (Level == ValidationLevel.Full && InvariantChecker is null)
            throw new ArgumentException("Level Full needs an InvariantChecker: without one the invariants would pass unchecked.");
    }
}

using System.Collections.Immutable;
using Interop.Fhir.Validation.Profiles;

namespace Interop.Fhir.Validation;

/// <summary>How thorough validation is.</summary>
public enum ValidationLevel
{
    /// <summary>Everything but the invariants: the level at which data is ingested.</summary>
    Structure,

    /// <summary>The structure, and the specification's invariants through <see cref="ValidationOptions.InvariantChecker"/>.</summary>
    Full,
}

/// <summary>The level and the limits of validation; limits are there so that no input can exhaust the stack or the memory.</summary>
public sealed record ValidationOptions
{
    /// <summary>More nesting than this could exhaust a thread's stack.</summary>
    public const int LargestMaxDepth = 256;

    /// <summary>Whoever parses a resource that was validated with the default options needs no more than this.</summary>
    public const int DefaultMaxDepth = 128;

    public const int DefaultMaxBytes = 64 * 1024 * 1024;

    public ValidationLevel Level { get; init; } = ValidationLevel.Structure;

    /// <summary>What checks the invariants; level <see cref="ValidationLevel.Full"/> needs one.</summary>
    public IInvariantChecker? InvariantChecker { get; init; }

    /// <summary>
    /// Profiles that a resource must follow when its meta.profile claims them; the profiles these build on, and those of extensions, are
    /// found among them too. Claims of other profiles are no issue.
    /// </summary>
    public ImmutableArray<Profile> Profiles { get; init; } = [];

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
        if (Profiles.GroupBy(p => p.Url).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"Profiles has {twice.Key} twice.");
        if (Level == ValidationLevel.Full && InvariantChecker is null)
            throw new ArgumentException("Level Full needs an InvariantChecker: without one the invariants would pass unchecked.");
    }
}

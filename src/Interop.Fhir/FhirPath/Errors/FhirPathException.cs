namespace Interop.Fhir.FhirPath.Errors;

/// <summary>When a FHIRPath error was found.</summary>
public enum FhirPathErrorKind
{
    /// <summary>The text is not FHIRPath.</summary>
    Syntax,

    /// <summary>The text parses but has no meaning on the given type: an unknown element, function or variable.</summary>
    Semantic,

    /// <summary>The data is not what an operator accepts, such as several items where one is needed.</summary>
    Execution,

    /// <summary>The evaluation exceeds one of its limits (steps, items, text, depth, time of regular expressions).</summary>
    Limit,
}

/// <summary>
/// An expression could not be parsed, checked or evaluated. <see cref="Position"/> is the zero-based character of the expression
/// at which the reason lies (-1 where there is none).
/// </summary>
public sealed class FhirPathException : Exception
{
    /// <summary>Creates an error with its position in the expression.</summary>
    public FhirPathException(FhirPathErrorKind kind, string reason, int position = -1)
        : base(position < 0 ? reason : $"{reason} (at character {position + 1})")
    {
        Kind = kind;
        Reason = reason;
        Position = position;
    }

    /// <summary>The kind of error.</summary>
    public FhirPathErrorKind Kind { get; }

    /// <summary>The reason without the position.</summary>
    public string Reason { get; }

    /// <summary>The zero-based character in the expression; -1 where there is none.</summary>
    public int Position { get; }

    internal static FhirPathException Syntax(string reason, int position) => new(FhirPathErrorKind.Syntax, reason, position);

    internal static FhirPathException Semantic(string reason, int position) => new(FhirPathErrorKind.Semantic, reason, position);

    internal static FhirPathException Limit(string reason) => new(FhirPathErrorKind.Limit, reason);

    internal static FhirPathException Execution(string reason, int position = -1) => new(FhirPathErrorKind.Execution, reason, position);
}

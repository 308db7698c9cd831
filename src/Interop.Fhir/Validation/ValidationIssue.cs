namespace Interop.Fhir.Validation;

/// <summary>The severity of an issue (https://hl7.org/fhir/R4/valueset-issue-severity.html); an error makes the resource invalid.</summary>
public enum IssueSeverity
{
    /// <summary>The resource is invalid.</summary>
    Error,

    /// <summary>The resource is valid; the issue is probably a mistake.</summary>
    Warning,

    /// <summary>A note, such as that there are no issues.</summary>
    Information,
}

/// <summary>One issue of a resource, as in OperationOutcome.issue.</summary>
/// <param name="Severity">The severity.</param>
/// <param name="Code">An OperationOutcome issue code (https://hl7.org/fhir/R4/valueset-issue-type.html); see
/// <see cref="IssueCode"/>.</param>
/// <param name="Location">The element as FHIRPath: Patient.name[0].family. A missing required element is named at its place.</param>
/// <param name="Text">What is wrong and what is expected.</param>
public sealed record ValidationIssue(IssueSeverity Severity, string Code, string Location, string Text);

/// <summary>The codes of https://hl7.org/fhir/R4/valueset-issue-type.html that validation uses.</summary>
public static class IssueCode
{
    /// <summary>The JSON is malformed, or is not shaped as FHIR's JSON is: an unknown property, an array where there must be
    /// none.</summary>
    public const string Structure = "structure";

    /// <summary>A required element is missing.</summary>
    public const string Required = "required";

    /// <summary>A value does not have its type's format.</summary>
    public const string Value = "value";

    /// <summary>A formal constraint of the specification does not hold; the text begins with its key.</summary>
    public const string Invariant = "invariant";

    /// <summary>A code is not in the value set of a required binding.</summary>
    public const string CodeInvalid = "code-invalid";

    /// <summary>The resource, or a value in it, is larger than allowed.</summary>
    public const string TooLong = "too-long";

    /// <summary>The resource is nested too deeply, or has too many issues to list.</summary>
    public const string TooCostly = "too-costly";

    /// <summary>The resource type, or a profile, is not known.</summary>
    public const string NotSupported = "not-supported";
}

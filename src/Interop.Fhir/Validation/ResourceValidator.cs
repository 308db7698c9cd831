using System.Text.Json;
using System.Text.Unicode;
using Interop.Fhir.Schema;

namespace Interop.Fhir.Validation;

/// <summary>
/// Validates R4 resources as UTF-8 JSON in one pass, without an object model: unknown and duplicate properties, JSON types, cardinalities,
/// primitive formats, choices, companions (_property), contained resources, extensions, narratives, references and required bindings
/// (https://hl7.org/fhir/R4/validation.html: structure, cardinality, value domains), and at level Full the invariants.
/// Any number of threads may use one validator. It never throws on input: unreadable input is an issue.
/// </summary>
public sealed class ResourceValidator
{
    private static readonly Lazy<ResourceValidator> Shared = new(() => new ResourceValidator(R4Schema.Default, new ValidationOptions()));

    // The buffers are reused per thread. Null while in use, so that a checker may validate on the same thread.
    [ThreadStatic]
    private static StructureValidation? Idle;

    private readonly R4Schema _schema;
    private readonly ValidationOptions _options;
    private readonly JsonReaderOptions _json;

    /// <exception cref="ArgumentException">An option is out of range, or level Full has no invariant checker.</exception>
    public ResourceValidator(R4Schema schema, ValidationOptions options)
    {
        options.Check();
        _schema = schema;
        _options = options;
        _json = new JsonReaderOptions { MaxDepth = options.MaxDepth };
    }

    /// <summary>The structure level with the default limits.</summary>
    public static ResourceValidator Default => Shared.Value;

    /// <summary>The keys of the invariants that the structure level reports, always: an <see cref="IInvariantChecker"/> leaves them
    /// out.</summary>
    public static IReadOnlySet<string> StructuralInvariants { get; } =
        new HashSet<string>(["ele-1", "ext-1", "dom-2", "txt-1", "txt-2"], StringComparer.Ordinal);

    /// <summary>Validates one resource. For a valid one this allocates the result and its strings only.</summary>
    /// <param name="utf8">One JSON object and at most white space around it.</param>
    /// <param name="cancellationToken">Cancels the check of invariants and profiles, which end with an OperationCanceledException.</param>
    public ValidationResult Validate(ReadOnlySpan<byte> utf8, CancellationToken cancellationToken = default)
    {
        var validation = Idle ?? new StructureValidation();
        Idle = null;
        validation.Begin(_schema, _options.MaxIssues);
        if (IsReadable(utf8, validation.Issues) && Read(utf8, validation) && validation.RootType is { } type)
            CheckFurther(utf8, type, validation.Issues, cancellationToken);

        var result = new ValidationResult
        {
            ResourceType = validation.RootType?.Name,
            Id = validation.Id,
            VersionId = validation.VersionId,
            LastUpdated = validation.LastUpdated,
            HasErrors = validation.Issues.HasErrors,
            Issues = validation.Issues.ToIssues(),
        };
        Idle = validation;
        return result;
    }

    private void CheckFurther(ReadOnlySpan<byte> utf8, TypeDefinition type, IssueLog issues, CancellationToken cancellationToken)
    {
        // Profile rules assume a valid structure.
        if (_options.ProfileChecker is { } profiles && !issues.HasErrors)
        {
            var reader = new Utf8JsonReader(utf8, _json);
            using var document = JsonDocument.ParseValue(ref reader);
            var found = new List<ValidationIssue>();
            profiles.Check(document.RootElement, found, cancellationToken);
            issues.AddRange(found);
        }

        if (_options.Level == ValidationLevel.Full)
        {
            var found = new List<ValidationIssue>();
            _options.InvariantChecker!.Check(utf8, type, found, cancellationToken);
            issues.AddRange(found);
        }
    }

    private bool IsReadable(ReadOnlySpan<byte> utf8, IssueLog issues)
    {
        if (utf8.Length > _options.MaxBytes)
        {
            issues.Error(IssueCode.TooLong, $"The resource is larger than the {_options.MaxBytes:N0} bytes that are allowed.");
            return false;
        }

        if (utf8.StartsWith("\uFEFF"u8))
        {
            issues.Error(
                IssueCode.Structure,
                "The resource begins with a byte order mark, which JSON must not have (RFC 8259, 8.1): send it without."
            );
            return false;
        }

        if (!Utf8.IsValid(utf8))
        {
            issues.Error(IssueCode.Structure, $"The bytes are not UTF-8 at byte {FirstInvalidByte(utf8)}: send the resource as UTF-8.");
            return false;
        }

        return true;
    }

    private bool Read(ReadOnlySpan<byte> utf8, StructureValidation validation)
    {
        var reader = new Utf8JsonReader(utf8, _json);
        try
        {
            validation.ReadRoot(ref reader);
            return true;
        }
        catch (JsonException e)
        {
            ReportMalformed(e, IsTooDeep(utf8), validation.Issues);
            return false;
        }
    }

    // Read again with one more level allowed, to tell excessive depth from malformed JSON.
    private bool IsTooDeep(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, _json with { MaxDepth = _options.MaxDepth + 1 });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth == _options.MaxDepth)
                    return true;
            }
        }
        catch (JsonException)
        {
            // Malformed before it gets too deep; the first reading reports where.
        }

        return false;
    }

    private void ReportMalformed(JsonException e, bool isTooDeep, IssueLog issues)
    {
        if (isTooDeep)
        {
            issues.Error(IssueCode.TooCostly, $"The resource is nested more than {_options.MaxDepth} levels deep.");
            return;
        }

        var reason = e.Message.Split(" LineNumber:")[0].TrimEnd('.');
        issues.Error(
            IssueCode.Structure,
            $"The JSON is malformed at line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1} of that line: {reason}."
        );
    }

    private static int FirstInvalidByte(ReadOnlySpan<byte> utf8)
    {
        var at = 0;
        while (System.Text.Rune.DecodeFromUtf8(utf8[at..], out _, out var length) == System.Buffers.OperationStatus.Done)
            at += length;
        return at + 1;
    }
}

using System.Text;
using System.Text.Json;
using Interop.Fhir.Json;
using Interop.Fhir.Schema;

namespace Interop.Fhir.Validation;

/// <summary>Primitive values, and the companions that carry their ids and extensions.</summary>
internal sealed partial class StructureValidation
{
    private const int LargestKeptBuffer = 64 * 1024;
    private const int LongestCaptured = 1024;

    private readonly NarrativeMarkup _narrative = new();
    private byte[] _text = new byte[1024];

    private void ReleaseLargeBuffers()
    {
        if (_text.Length > LargestKeptBuffer)
            _text = new byte[1024];
        if (_gaps.Capacity > LargestKeptBuffer)
            _gaps.Capacity = 0;
    }

    private void ReadPrimitive(ref Utf8JsonReader reader, Property property, ElementType? parent)
    {
        var kind = property.Type.Type.Primitive;
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                Issues.Error(
                    IssueCode.Structure,
                    $"{property.Name} must be a single value ({property.Type.Code}), not {Describe(reader.TokenType)}."
                );
                reader.Skip();
                break;
            case JsonTokenType.Null:
                Issues.Error(IssueCode.Structure, $"{property.Name} must not be null: leave it out.");
                break;
            case JsonTokenType.True or JsonTokenType.False when kind == PrimitiveKind.Boolean:
                break;
            case JsonTokenType.Number when IsNumber(kind):
                if (!PrimitiveFormat.IsValidNumber(kind, reader.ValueSpan))
                    ReportFormat(property, reader.ValueSpan);
                break;
            case JsonTokenType.String when kind != PrimitiveKind.Boolean && !IsNumber(kind):
                ReadString(ref reader, property, parent, kind);
                break;
            default:
                Issues.Error(
                    IssueCode.Structure,
                    $"{property.Name} must be {(kind == PrimitiveKind.Boolean ? "true or false" : IsNumber(kind) ? "a JSON number" : "a JSON string")} ({property.Type.Code}), not {Describe(reader.TokenType)}."
                );
                break;
        }
    }

    private void ReadString(ref Utf8JsonReader reader, Property property, ElementType? parent, PrimitiveKind kind)
    {
        if (!TryGetText(ref reader, out var text))
            Issues.Error(IssueCode.Value, $"{property.Name} has a lone surrogate (\\uD800 to \\uDFFF), which is not a character.");
        else if (text.Length == 0)
            Issues.Error(IssueCode.Value, $"{property.Name} must not be empty: leave it out.");
        else if (kind == PrimitiveKind.Xhtml)
            CheckNarrative(text);
        else if (PrimitiveFormat.IsTooLong(kind, text))
            Issues.Error(IssueCode.TooLong, $"{property.Name} has more than {PrimitiveFormat.LongestString:N0} characters.");
        else if (!PrimitiveFormat.IsValid(kind, text))
            ReportFormat(property, text);
        else
            CheckMeaning(text, property, parent, kind);
    }

    private void CheckNarrative(ReadOnlySpan<byte> xhtml)
    {
        if (_narrative.FindError(xhtml) is { } error)
            Issues.Error(error.Code, error.Text);
        if (_narrative.Warning is { } warning)
            Issues.Warning(IssueCode.Value, warning);
    }

    private void CheckMeaning(ReadOnlySpan<byte> text, Property property, ElementType? parent, PrimitiveKind kind)
    {
        if (kind == PrimitiveKind.Code)
        {
            if (property.Element.RequiredBinding is { } valueSet && !valueSet.Contains(text))
                Issues.Error(IssueCode.CodeInvalid, $"{Quote(text)} is not {Codes(valueSet)} (value set {valueSet.Url}).");
        }
        else if (kind == PrimitiveKind.Uri)
        {
            if (property.Element.Path is "Coding.system" or "Bundle.entry.fullUrl" && !ReferenceFormat.HasScheme(text))
                Issues.Error(IssueCode.Value, $"{property.Name} must be an absolute URI such as http://... or urn:..., not {Quote(text)}.");
        }
        else if (kind == PrimitiveKind.String)
        {
            if (property.Element.Name == "reference" && parent?.Code == "Reference")
                CheckReference(text, parent);
            else if (property.Element.Name == "id")
                CheckElementId(text);
            else if (PrimitiveFormat.IsBlank(text))
                Issues.Warning(IssueCode.Value, $"{property.Name} has nothing but white space.");
        }
    }

    // The id of an element, not of a resource (https://hl7.org/fhir/R4/element.html: unique within the resource).
    private void CheckElementId(ReadOnlySpan<byte> text)
    {
        var id = Encoding.UTF8.GetString(text);
        if (!(_elementIds ??= new HashSet<string>(StringComparer.Ordinal)).Add(id))
            Issues.Error(IssueCode.Value, $"The id {Quote(text)} is already the id of another element of this resource.");
    }

    private void CheckReference(ReadOnlySpan<byte> reference, ElementType type)
    {
        if (ReferenceFormat.FindError(reference, _schema, out var target, out var isWarning) is { } error)
        {
            if (isWarning)
                Issues.Warning(IssueCode.Value, $"{Quote(reference)} is not a usual reference. {error}");
            else
                Issues.Error(IssueCode.Value, $"{Quote(reference)} is not a valid reference. {error}");
        }
        else if (target is not null && !type.Targets.IsEmpty && !type.Targets.Contains(target.Name))
            WarnOfTarget(type, target);
    }

    // A warning only: the specification's own examples point elsewhere, and other implementations accept it.
    private void WarnOfTarget(ElementType type, TypeDefinition target) =>
        Issues.Warning(IssueCode.Value, $"The reference is to a {target.Name}; here it should be to {string.Join(", ", type.Targets)}.");

    /// <summary>Reads the companion (_property). Returns whether it has more than an id.</summary>
    private bool ReadCompanion(ref Utf8JsonReader reader, Property property)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Issues.Error(
                IssueCode.Structure,
                $"{property.Name} must be a JSON object with id or extension, not {Describe(reader.TokenType)}."
            );
            reader.Skip();
            return true;
        }

        var extensions = reader;
        ReadObject(ref reader, property.Type.Type, null, ObjectRole.Plain);
        return HasOtherThanId(extensions);
    }

    private static bool HasOtherThanId(Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.IsNamed("id"u8))
                return true;
            reader.Read();
            reader.Skip();
        }

        return false;
    }

    private void Capture(ref Utf8JsonReader reader, Property property, ObjectRole role)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > LongestCaptured || !TryGetText(ref reader, out var text))
            return;
        switch (property.Element.Name)
        {
            case "id" when role == ObjectRole.RootResource:
                Id = Encoding.UTF8.GetString(text);
                break;
            case "versionId" when role == ObjectRole.RootMeta:
                VersionId = Encoding.UTF8.GetString(text);
                break;
            case "lastUpdated" when role == ObjectRole.RootMeta:
                LastUpdated = DateTimeFormat.ParseInstant(text);
                break;
        }
    }

    private static bool IsNumber(PrimitiveKind kind) =>
        kind is PrimitiveKind.Decimal or PrimitiveKind.Integer or PrimitiveKind.PositiveInt or PrimitiveKind.UnsignedInt;

    /// <summary>The current string, unescaped; valid until the next call. False where it has a lone surrogate.</summary>
    private bool TryGetText(ref Utf8JsonReader reader, out ReadOnlySpan<byte> text)
    {
        if (!reader.ValueIsEscaped)
        {
            text = reader.ValueSpan;
            return true;
        }

        if (_text.Length < reader.ValueSpan.Length)
            _text = new byte[Math.Max(reader.ValueSpan.Length, _text.Length * 2)];
        var isText = reader.TryUnescape(_text, out var length);
        text = _text.AsSpan(0, length);
        return isText;
    }
}

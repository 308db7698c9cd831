using System.Collections.Immutable;

namespace Interop.Fhir.Validation;

/// <summary>What a resource is and what is wrong with it. Id, version and type are filled as far as they could be read, even when there are
/// errors.</summary>
public sealed record ValidationResult
{
    /// <summary>A known R4 resource type, else null.</summary>
    public string? ResourceType { get; init; }

    /// <summary>The id as it stands, also where its format is an issue; null where it is absent, not a string, or beyond 1,024
    /// bytes.</summary>
    public string? Id { get; init; }

    /// <summary>meta.versionId, under the conditions of <see cref="Id"/>.</summary>
    public string? VersionId { get; init; }

    /// <summary>meta.lastUpdated with its offset, to 100 ns (further digits are cut off); null where it is absent or malformed.</summary>
    public DateTimeOffset? LastUpdated { get; init; }

    /// <summary>Whether the resource is invalid.</summary>
    public bool HasErrors { get; init; }

    /// <summary>In the order in which they were met; at most <see cref="ValidationOptions.MaxIssues"/>, then one that says so.</summary>
    public ImmutableArray<ValidationIssue> Issues { get; init; } = [];

    /// <summary>The issues as an OperationOutcome in JSON; without issues, one of severity information that says so.</summary>
    public byte[] ToOperationOutcome()
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new System.Text.Json.Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("resourceType"u8, "OperationOutcome"u8);
            json.WriteStartArray("issue"u8);
            foreach (
                var issue in Issues.IsEmpty
                    ? [new ValidationIssue(IssueSeverity.Information, "informational", "", "The resource is valid.")]
                    : Issues
            )
                Write(json, issue);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static void Write(System.Text.Json.Utf8JsonWriter json, ValidationIssue issue)
    {
        json.WriteStartObject();
        json.WriteString("severity"u8, issue.Severity.ToString().ToLowerInvariant());
        json.WriteString("code"u8, issue.Code);
        json.WriteString("diagnostics"u8, issue.Text);
        if (issue.Location.Length > 0)
        {
            json.WriteStartArray("expression"u8);
            json.WriteStringValue(issue.Location);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}

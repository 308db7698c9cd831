using Interop.Fhir.Views;
using Interop.Ingestion.Resources;

namespace Interop.Ingestion.DeadLetters;

/// <summary>Why a resource becomes a dead letter.</summary>
/// <param name="Stage">One of <see cref="DeadLetterStage"/>.</param>
/// <param name="IssuesJson">The validator's issues, as a JSON array.</param>
/// <param name="MissingPatientId">The patient that the resource points to and the database lacks.</param>
internal sealed record Failure(string Stage, string Error, string IssuesJson = "[]", string? MissingPatientId = null)
{
    /// <summary>A view could not make the resource's rows.</summary>
    public static Failure OfView(string view, Exception reason) =>
        new(
            DeadLetterStage.Transform,
            $"{view}: {(reason is ViewEvaluationException ? "" : $"{reason.GetType().Name}: ")}{reason.Message}"
        );

    /// <summary>The database refused the resource or its rows.</summary>
    public static Failure OfDatabase(string reason) => new(DeadLetterStage.Load, $"the database refused it: {reason}");
}

/// <summary>A letter to open.</summary>
/// <param name="ResourceId">Null when the resource has none.</param>
/// <param name="VersionKey">Recognises the version when it comes again.</param>
/// <param name="Raw">The resource as received; empty when there is none.</param>
internal readonly record struct NewLetter(
    string ResourceType,
    string? ResourceId,
    ResourceVersion Version,
    string VersionKey,
    Failure Failure,
    ReadOnlyMemory<byte> Raw
);

/// <summary>An unresolved dead letter, without its raw JSON.</summary>
internal sealed class OpenLetter
{
    public long Id { get; set; }

    public string ResourceType { get; set; } = "";

    public string ResourceId { get; set; } = "";

    public string? VersionId { get; set; }

    public long? LastUpdatedTicks { get; set; }

    public string ContentHash { get; set; } = "";

    public string VersionKey { get; set; } = "";

    public string Stage { get; set; } = "";

    public long RunId { get; set; }

    public string Error { get; set; } = "";

    public ResourceVersion Version => new(VersionId, LastUpdatedTicks, ContentHash);

    /// <summary>Whether the letter was opened because this view's rows of the resource could not be made or stored.</summary>
    public bool IsOfView(string view) => Error.StartsWith($"{view}: ", StringComparison.Ordinal);
}

/// <summary>The raw JSON of a letter.</summary>
internal sealed record LetterJson(long Id, string Raw);

/// <summary>The letters that a replay reads.</summary>
/// <param name="LastId">The highest id; 0 when there is none.</param>
internal sealed record LetterRange(long Total, long WithRaw, long LastId);

/// <summary>A letter as lists and exports show it.</summary>
internal sealed class LetterRow
{
    public long Id { get; set; }

    public string ResourceType { get; set; } = "";

    public string? ResourceId { get; set; }

    public string Stage { get; set; } = "";

    public string Error { get; set; } = "";

    public string Issues { get; set; } = "[]";

    public DateTimeOffset CreatedAt { get; set; }

    public bool Resolved { get; set; }

    public string? Raw { get; set; }

    public DeadLetter ToMessage() =>
        new(
            Id,
            ResourceType,
            ResourceId,
            Stage,
            Error,
            new JsonText(Issues),
            CreatedAt,
            Resolved,
            Raw is null ? null : JsonText.FromUnchecked(Raw)
        );
}

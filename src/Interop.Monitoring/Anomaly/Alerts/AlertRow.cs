using System.Text.Json;
using Interop.Anomaly.Scoring;

namespace Interop.Anomaly.Alerts;

/// <summary>An event with its score and feedback, as the database has it.</summary>
internal sealed record AlertRow(
    string Source,
    long Number,
    string EventId,
    DateTimeOffset EventTime,
    DateTimeOffset StoredAt,
    string Agent,
    string? Role,
    string? Patient,
    string Kind,
    string? Action,
    string? Outcome,
    string? Address,
    string? ResourceType,
    string? Purpose,
    string Care,
    string? CareText,
    double? Share,
    double? Score,
    string Severity,
    string? PredictedClass,
    string ClassProbs,
    string Reasons,
    string? ModelVersion,
    bool Suppressed,
    long Flags,
    string? Verdict
)
{
    public Alert ToAlert() =>
        new(
            AlertId.Of(Source, Number),
            Source,
            EventId,
            EventTime,
            StoredAt,
            Agent,
            Role,
            Patient,
            Kind,
            Action,
            Outcome,
            Address,
            ResourceType,
            Purpose,
            Care,
            CareText,
            ModelVersion is null ? "unscored"
                : Severity == "LOW" ? "normal"
                : "anomaly",
            Score,
            Share,
            Severity,
            PredictedClass,
            new JsonText(ClassProbs),
            new JsonText(Reasons),
            ModelVersion,
            Verdict ?? (Suppressed ? "suppressed" : "open"),
            (int)Flags
        );
}

/// <summary>A stored event that no model has scored yet.</summary>
public sealed record UnscoredRow(
    string Source,
    long Number,
    string EventId,
    DateTimeOffset EventTime,
    string Agent,
    string? Patient,
    string Kind,
    string? Action,
    string? Outcome,
    string Care,
    long CareFlags,
    long Flags,
    byte[] Features
)
{
    /// <summary>The parts of the event that the rules read.</summary>
    public AccessEvent Event =>
        new(
            EventId,
            null,
            null,
            EventTime,
            Agent,
            null,
            null,
            Patient,
            KindNames.Kind(Kind),
            Action,
            Outcome,
            null,
            null,
            null,
            null,
            null,
            false,
            0,
            0,
            (AccessFlags)Flags
        );

    public CareContext Context => Alerts.CareFlags.Read(KindNames.Link(Care), CareFlags);

    /// <summary>Null: stored by a program with other features; it cannot be scored.</summary>
    public AccessFeatures? Numbers => AccessFeatures.Load(Features);
}

/// <summary>Names of kinds and care links as they are stored.</summary>
internal static class KindNames
{
    private static readonly string[] Kinds = [.. Enum.GetNames<AccessKind>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];
    private static readonly string[] Links = ["unknown", "explained", "unexplained"];

    public static string Of(AccessKind kind) => Kinds[(int)kind];

    public static string Of(CareLink link) => Links[(int)link];

    public static AccessKind Kind(string name) => (AccessKind)Math.Max(0, Array.IndexOf(Kinds, name));

    public static CareLink Link(string name) => (CareLink)Math.Max(0, Array.IndexOf(Links, name));
}

/// <summary>The care context's yes-or-no members as bits.</summary>
internal static class CareFlags
{
    public static long Of(CareContext care) =>
        (care.SameFamilyName ? 1 : 0)
        | (care.SameAddress ? 2 : 0)
        | (care.OwnRecord ? 4 : 0)
        | (care.Colleague ? 8 : 0)
        | (care.Watched ? 16 : 0)
        | (care.DisabledAccount ? 32 : 0);

    public static CareContext Read(CareLink link, long bits) =>
        new(link, null, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0, (bits & 16) != 0, (bits & 32) != 0);
}

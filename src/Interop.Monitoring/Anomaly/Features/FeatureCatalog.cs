using System.Collections.Immutable;
using System.Globalization;
using Interop.Anomaly.Models;

namespace Interop.Anomaly.Features;

/// <summary>The kind of misuse that a reason points to; the classes of <c>class_probs</c>.</summary>
public enum ReasonClass
{
    Normal,
    Snooping,
    CredentialMisuse,
    Exfiltration,
    OffHours,
    Privilege,
    BruteForce,
}

/// <summary>A feature, the class that it points to, and its text.</summary>
/// <param name="Feature">Which.</param>
/// <param name="Class">The class that a high value points to.</param>
/// <param name="Words">The text of the alert, from the value and the agent's own norm.</param>
public sealed record FeatureDefinition(AccessFeature Feature, ReasonClass Class, Func<float, float, string> Words)
{
    /// <summary>Whether it points to one kind of misuse only, unlike a rate or a missing care link. Such reasons come first.</summary>
    public bool IsSpecific =>
        Feature
            is AccessFeature.FailureBurst
                or AccessFeature.SuccessAfterFailures
                or AccessFeature.Breadth
                or AccessFeature.Dormancy
                or AccessFeature.BreakGlass
                or AccessFeature.UnexplainedBreakGlass
                or AccessFeature.BreakGlassHistory
                or AccessFeature.HourRarity
                or AccessFeature.UnexplainedOffHours
                or AccessFeature.SameFamilyName
                or AccessFeature.SameAddress
                or AccessFeature.ResourceRarity
                or AccessFeature.NewNetwork
                or AccessFeature.UnusualLogin
                or AccessFeature.PatientAttention;

    /// <summary>The class for this kind of access: a rare export is exfiltration and not a misuse of privileges.</summary>
    public ReasonClass ClassFor(AccessKind kind) =>
        Feature is AccessFeature.ActionRarity or AccessFeature.OwnActionRarity or AccessFeature.ResourceRarity
            ? kind switch
            {
                AccessKind.Export => ReasonClass.Exfiltration,
                AccessKind.Login or AccessKind.FailedLogin or AccessKind.Logout => ReasonClass.CredentialMisuse,
                _ => Class,
            }
            : Class;
}

/// <summary>The features of an access. In all of them only high values are suspicious.</summary>
public static class FeatureCatalog
{
    public static ImmutableArray<FeatureDefinition> All { get; } =
    [
        new(
            AccessFeature.PatientRarity,
            ReasonClass.Snooping,
            (_, norm) => $"this patient is rare for the agent: opened {Whole(norm)} times before"
        ),
        new(AccessFeature.UnexplainedFirst, ReasonClass.Snooping, (_, norm) => $"first access to this patient, and {NoLink(norm)}"),
        new(AccessFeature.PatientsToday, ReasonClass.Snooping, (v, norm) => $"opened {Whole(v)} patients today; own norm {Whole(norm)}"),
        new(
            AccessFeature.HourRarity,
            ReasonClass.OffHours,
            (v, _) => $"at an hour of the week when the agent is rarely active (1 in {Whole(MathF.Pow(10, v))} of its accesses)"
        ),
        new(
            AccessFeature.EventsInMinute,
            ReasonClass.Exfiltration,
            (v, norm) => $"{Whole(v)} accesses in one minute; own norm of 10 minutes {Whole(norm)}"
        ),
        new(
            AccessFeature.EventsInTenMinutes,
            ReasonClass.Exfiltration,
            (v, norm) => $"{Whole(v)} accesses in 10 minutes; own norm {Whole(norm)}"
        ),
        new(
            AccessFeature.EventsInHour,
            ReasonClass.Exfiltration,
            (v, norm) => $"{Whole(v)} accesses in 60 minutes; own norm {Whole(norm)}"
        ),
        new(
            AccessFeature.PatientsInHour,
            ReasonClass.Snooping,
            (v, norm) => $"opened {Whole(v)} patients in 60 minutes; own norm {Whole(norm)}"
        ),
        new(AccessFeature.FailureShare, ReasonClass.BruteForce, (v, _) => $"{v * 100:0} % of the agent's recent accesses failed"),
        new(AccessFeature.FailureBurst, ReasonClass.BruteForce, (v, _) => $"{Whole(v)} failures within 10 minutes"),
        new(
            AccessFeature.SuccessAfterFailures,
            ReasonClass.CredentialMisuse,
            (v, _) => $"logged in after {Whole(v)} failed logins within the last hour"
        ),
        new(
            AccessFeature.NewAddress,
            ReasonClass.CredentialMisuse,
            (_, norm) => $"from a network address that the agent has not used before today ({Whole(norm)} known)"
        ),
        new(
            AccessFeature.NewDevice,
            ReasonClass.CredentialMisuse,
            (_, norm) => $"through a system that the agent has not used before today ({Whole(norm)} known)"
        ),
        new(
            AccessFeature.AgentsAtAddress,
            ReasonClass.CredentialMisuse,
            (v, _) => $"from a network address that {Whole(MathF.Exp(v))} agents use"
        ),
        new(
            AccessFeature.ActionRarity,
            ReasonClass.Privilege,
            (v, _) => $"an action that is rare for the role (1 in {Whole(MathF.Pow(10, v))})"
        ),
        new(
            AccessFeature.OwnActionRarity,
            ReasonClass.Privilege,
            (v, _) => $"an action that is rare for the agent (1 in {Whole(MathF.Pow(10, v))})"
        ),
        new(
            AccessFeature.ResourceRarity,
            ReasonClass.Privilege,
            (v, _) => $"this action on this type of resource is rare for the role (1 in {Whole(MathF.Pow(10, v))})"
        ),
        new(
            AccessFeature.BreakGlass,
            ReasonClass.Privilege,
            (v, _) => $"emergency access (break-glass), rare for the agent (1 in {Whole(MathF.Pow(10, v))})"
        ),
        new(
            AccessFeature.UnusualPurpose,
            ReasonClass.Privilege,
            (v, _) => $"a purpose of use that is rare for the agent (1 in {Whole(MathF.Pow(10, v))})"
        ),
        new(
            AccessFeature.Breadth,
            ReasonClass.Exfiltration,
            (v, norm) => $"touched {Whole(MathF.Pow(10, v) - 1)} records at once; own norm {Whole(norm)}"
        ),
        new(
            AccessFeature.Dormancy,
            ReasonClass.CredentialMisuse,
            (v, _) => $"an account that was silent for {Whole((MathF.Exp(v) - 1) * 7)} days"
        ),
        new(AccessFeature.Unexplained, ReasonClass.Snooping, (_, norm) => NoLink(norm)),
        new(
            AccessFeature.UnexplainedHistory,
            ReasonClass.Snooping,
            (v, _) => $"opened {Whole(v)} patients with whom its role has nothing to do in about two weeks"
        ),
        new(
            AccessFeature.UnexplainedInHour,
            ReasonClass.Snooping,
            (v, _) => $"opened {Whole(v)} patients with whom its role has nothing to do in 60 minutes"
        ),
        new(AccessFeature.SameFamilyName, ReasonClass.Snooping, (_, _) => "the agent has the patient's family name"),
        new(AccessFeature.SameAddress, ReasonClass.Snooping, (_, _) => "the agent lives at the patient's address"),
        new(AccessFeature.OwnRecord, ReasonClass.Snooping, (_, _) => "the agent opened its own record"),
        new(AccessFeature.Colleague, ReasonClass.Snooping, (_, _) => "the patient is an employee"),
        new(AccessFeature.Watched, ReasonClass.Snooping, (_, _) => "the patient is on the watchlist"),
        new(
            AccessFeature.PatientAttention,
            ReasonClass.Snooping,
            (v, _) => $"{Whole(v)} agents without a care connection opened this patient within a week"
        ),
        new(
            AccessFeature.UnexplainedOffHours,
            ReasonClass.OffHours,
            (_, _) => "outside the agent's hours, and no encounter, appointment or care team connects them"
        ),
        new(
            AccessFeature.UnexplainedBreakGlass,
            ReasonClass.Privilege,
            (_, _) => "emergency access (break-glass) without any care connection"
        ),
        new(AccessFeature.BreakGlassHistory, ReasonClass.Privilege, (v, _) => $"{Whole(v)} emergency accesses in about two weeks"),
        new(
            AccessFeature.UnexplainedRepeat,
            ReasonClass.Snooping,
            (v, _) => $"opened this patient {Whole(v)} times without a care connection"
        ),
        new(
            AccessFeature.UnusualPresence,
            ReasonClass.Snooping,
            (v, _) =>
                $"a patient with whom the role has nothing to do at this place and time (occurs once in {Whole(MathF.Pow(10, v))} hours of work)"
        ),
        new(
            AccessFeature.UnusualManner,
            ReasonClass.Snooping,
            (v, _) =>
                $"opened an unrelated patient's record more deeply, or in another way, than the role does (once in {Whole(MathF.Pow(10, v))} hours of work)"
        ),
        new(
            AccessFeature.SuspicionInHours,
            ReasonClass.Snooping,
            (_, _) => "the agent opened other unrelated patients' records within the last hours"
        ),
        new(
            AccessFeature.SuspicionInWeeks,
            ReasonClass.Snooping,
            (_, _) => "the agent opened other unrelated patients' records within the last weeks"
        ),
        new(
            AccessFeature.NewNetwork,
            ReasonClass.CredentialMisuse,
            (v, _) => $"from a network that is new to the agent and rare in the house (1 in {Whole(MathF.Pow(10, v))} accesses)"
        ),
        new(
            AccessFeature.UnusualLogin,
            ReasonClass.OffHours,
            (v, _) => $"a login at an hour when the role rarely logs in (1 in {Whole(MathF.Pow(10, v))} of its logins)"
        ),
    ];

    public static IReadOnlyList<FeatureColumn> Columns { get; } =
    [.. All.Select(f => new FeatureColumn(Name(f.Feature), FeatureDirection.High, GroupOf(f.Feature)))];

    public static int Count => All.Length;

    /// <summary>The feature's name in JSON, such as patient_rarity.</summary>
    public static string Name(AccessFeature feature) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(feature.ToString());

    /// <summary>Features that measure nearly the same count once, by the most surprising of them.</summary>
    private static int GroupOf(AccessFeature feature) =>
        feature switch
        {
            AccessFeature.PatientRarity
            or AccessFeature.Unexplained
            or AccessFeature.UnexplainedFirst
            or AccessFeature.UnexplainedRepeat
            or AccessFeature.UnusualPresence
            or AccessFeature.UnusualManner => 1,
            AccessFeature.UnexplainedHistory
            or AccessFeature.UnexplainedInHour
            or AccessFeature.SuspicionInHours
            or AccessFeature.SuspicionInWeeks => 2,
            AccessFeature.PatientsToday
            or AccessFeature.EventsInMinute
            or AccessFeature.EventsInTenMinutes
            or AccessFeature.EventsInHour
            or AccessFeature.PatientsInHour => 3,
            AccessFeature.SameFamilyName
            or AccessFeature.SameAddress
            or AccessFeature.OwnRecord
            or AccessFeature.Colleague
            or AccessFeature.Watched => 4,
            AccessFeature.HourRarity or AccessFeature.UnexplainedOffHours or AccessFeature.UnusualLogin => 5,
            AccessFeature.NewAddress or AccessFeature.NewDevice or AccessFeature.NewNetwork or AccessFeature.AgentsAtAddress => 6,
            AccessFeature.FailureShare or AccessFeature.FailureBurst or AccessFeature.SuccessAfterFailures => 7,
            AccessFeature.ActionRarity or AccessFeature.OwnActionRarity or AccessFeature.ResourceRarity => 8,
            AccessFeature.BreakGlass
            or AccessFeature.UnexplainedBreakGlass
            or AccessFeature.BreakGlassHistory
            or AccessFeature.UnusualPurpose => 9,
            _ => 0,
        };

    private static string NoLink(float byColleagues) =>
        byColleagues > 0
            ? "no colleague at the same place opened the record within three days"
            : "no encounter, appointment or care team connects them";

    private static string Whole(float value) =>
        float.IsFinite(value) ? MathF.Round(value).ToString("N0", CultureInfo.InvariantCulture) : "many";
}

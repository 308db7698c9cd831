using Interop.Anomaly;
using Interop.Anomaly.Care;
using Interop.Anomaly.Events;
using Interop.Anomaly.Features;
using Interop.Anomaly.Models;
using Interop.Anomaly.Pipeline;
using Interop.Anomaly.Profiles;
using Interop.Anomaly.Scoring;
using Interop.Fhir.Client;
using Interop.Sandbox.Hospital;

namespace Interop.Bench.Access;

/// <summary>One scored event of the test period.</summary>
internal readonly record struct ScoredEvent(
    DateTimeOffset Instant,
    AttackKind Attack,
    Confounder Confounder,
    int Incident,
    CareLink Link,
    AccessEvent Event,
    CareContext Care,
    AccessFeatures Features
);

/// <summary>Runs the simulated hospital through reader, care index, profiles and features. The events of the training period become the
/// training rows.</summary>
internal sealed class AccessRun
{
    private const int MostTrainingRows = 200_000;

    private AccessRun(HospitalSimulation hospital) => Hospital = hospital;

    public HospitalSimulation Hospital { get; }

    public FeatureTable Training { get; } = new(FeatureCatalog.Columns);

    public List<ScoredEvent> Test { get; } = [];

    public long Events { get; private set; }

    public long BenignWithPatient { get; private set; }

    public long BenignUnexplained { get; private set; }

    public TimeSpan FeatureTime { get; private set; }

    /// <param name="options">The hospital.</param>
    /// <param name="withCare">With the clinical resources.</param>
    /// <param name="withManner">Without it the detector does not know whether a search led to a record and how deep an access goes into it:
    /// what
    /// the result owes to that.</param>
    public static AccessRun Through(HospitalOptions options, bool withCare, bool withManner = true)
    {
        var run = new AccessRun(new HospitalSimulation(options));
        var care = new CareIndex();
        var clinical = withCare ? run.ClinicalByTime() : [];
        var nextClinical = 0;
        var preparation = new AccessPreparation(new AccessPopulation(), care);
        var profiles = new Dictionary<string, AccessProfile>(StringComparer.Ordinal);
        var watched = new HashSet<string>(StringComparer.Ordinal);
        var numbers = new float[AccessFeatures.Size];
        var end = run.Hospital.TrainingEnd;
        var random = new Random(1);
        var started = TimeProvider.System.GetTimestamp();
        long training = 0;
        foreach (var e in run.Hospital.Events())
        {
            while (nextClinical < clinical.Count && clinical[nextClinical].At <= e.Instant)
                care.Add(clinical[nextClinical++].Utf8);
            var access = preparation.Prepare(AuditEventReader.Read(e.Utf8, e.Instant), watched);
            if (!withManner)
                access = access with { Population = access.Population with { MannerRarity = access.Population.PresenceRarity } };
            if (!profiles.TryGetValue(access.Event.Agent, out var profile))
                profiles[access.Event.Agent] = profile = new AccessProfile();
            var before = profile.Events;
            profile.Observe(access, AccessFeatures.RowAt(numbers, 0));
            preparation.Population.Learn(
                access.Population.Role,
                numbers[FeatureCatalog.Count + (int)AccessFeature.EventsInHour],
                numbers[FeatureCatalog.Count + (int)AccessFeature.PatientsToday]
            );
            run.Events++;
            if (e.Attack == AttackKind.None && access.Event.Patient is not null && e.Instant > run.Hospital.Options.Start.AddDays(3))
            {
                run.BenignWithPatient++;
                if (access.Care.Link == CareLink.Unexplained)
                    run.BenignUnexplained++;
            }

            if (e.Instant >= end)
                run.Test.Add(
                    new ScoredEvent(
                        e.Instant,
                        e.Attack,
                        e.Confounder,
                        e.Incident,
                        access.Care.Link,
                        access.Event,
                        access.Care,
                        new AccessFeatures((float[])numbers.Clone(), before)
                    )
                );
            else if (
                e.Instant >= run.Hospital.Options.Start.AddDays(options.TrainingDays / 3)
                && (training++ < MostTrainingRows || random.Next(4) == 0)
            )
                run.Training.Add(numbers.AsSpan(0, FeatureCatalog.Count)); // the first days only fill the profiles
        }

        run.FeatureTime = TimeProvider.System.GetElapsedTime(started);
        return run;
    }

    private List<(DateTimeOffset At, ReadOnlyMemory<byte> Utf8)> ClinicalByTime() =>
        [
            .. Hospital
                .ClinicalResources()
                .Where(r => CareIndex.Types.Contains(r.Type))
                .Select(r => (ResourceHeader.Read(r.Utf8.Span).LastUpdated ?? DateTimeOffset.MinValue, r.Utf8))
                .OrderBy(r => r.Item1),
        ];
}

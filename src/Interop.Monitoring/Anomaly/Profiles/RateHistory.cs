using Interop.Anomaly.Features;

namespace Interop.Anomaly.Profiles;

/// <summary>
/// The agent's rates: the peaks of whole days are the norm, because within a burst the norm must not move.
/// </summary>
internal sealed class RateHistory
{
    private const float Slow = 0.05f;
    private const float HourPriorWeight = 5;
    private const float DayPriorWeight = 3;
    private const float SmallestWeight = 0.2f;

    internal RunningNorm PerHour = new(Slow);
    internal RunningNorm PatientsPerHour = new(Slow);
    internal RunningNorm PerTenMinutes = new(Slow);
    internal RunningNorm PatientsPerDay = new(Slow);
    internal int PatientsToday;
    internal int HourPeakToday;
    internal int TenMinutesPeakToday;
    internal int PatientsPeakToday;

    /// <summary>Counts a patient that is new today.</summary>
    public void CountPatient() => PatientsToday++;

    public void EndDay()
    {
        PatientsPerDay.Add(PatientsToday);
        PerHour.Add(HourPeakToday);
        PerTenMinutes.Add(TenMinutesPeakToday);
        PatientsPerHour.Add(PatientsPeakToday);
        PatientsToday = HourPeakToday = TenMinutesPeakToday = PatientsPeakToday = 0;
    }

    public void Write(in ObservedAccess observed, FeatureRow row, RecentHour recent)
    {
        var role = observed.Population;
        var hourPrior = ((float)role.HourNorm, (float)role.HourSpread);
        var (hour, ten, patients) = (recent.Events(60), recent.Events(10), recent.Patients(60));
        HourPeakToday = Math.Max(HourPeakToday, hour);
        TenMinutesPeakToday = Math.Max(TenMinutesPeakToday, ten);
        PatientsPeakToday = Math.Max(PatientsPeakToday, patients);
        var weight = WeightOf(observed, recent, patients) / (float)role.Surge;
        Set(row, AccessFeature.EventsInMinute, weight, PerTenMinutes, recent.Events(1), hourPrior, HourPriorWeight);
        Set(row, AccessFeature.EventsInTenMinutes, weight, PerTenMinutes, ten, hourPrior, HourPriorWeight);
        Set(row, AccessFeature.EventsInHour, weight, PerHour, hour, hourPrior, HourPriorWeight);
        Set(row, AccessFeature.PatientsInHour, weight, PatientsPerHour, patients, hourPrior, HourPriorWeight);
        Set(
            row,
            AccessFeature.PatientsToday,
            weight,
            PatientsPerDay,
            PatientsToday,
            ((float)role.DayNorm, (float)role.DaySpread),
            DayPriorWeight
        );
    }

    /// <summary>Many accesses that care explains are work, not a sign; beside them one without a link does not make the rate one.</summary>
    private static float WeightOf(in ObservedAccess observed, RecentHour recent, int patients) =>
        observed.Link switch
        {
            CareLink.Explained => SmallestWeight,
            CareLink.Unknown when observed.Event.Kind == AccessKind.Export || patients == 0 => 1,
            CareLink.Unknown when observed.Event.Patient is not null => 1,
            _ => Math.Clamp((float)recent.Unexplained(60) / Math.Max(1, patients), SmallestWeight, 1),
        };

    private static void Set(
        FeatureRow row,
        AccessFeature feature,
        float weight,
        RunningNorm own,
        int count,
        (float Mean, float Spread) prior,
        float priorWeight
    ) =>
        row.SetFrom(
            feature,
            1,
            weight * own.Excess(count, prior.Mean, prior.Spread, priorWeight),
            count,
            own.Norm(prior.Mean, priorWeight)
        );
}

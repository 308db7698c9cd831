namespace Interop.Anomaly.Profiles;

/// <summary>The saved form of an <see cref="AccessProfile"/>, field by field. A later version only appends.</summary>
internal static class ProfileLayout
{
    public const byte Version = 2;

    /// <summary>Writes or reads all fields of this version.</summary>
    public static void Transfer(StoredFields fields, byte version, AccessProfile profile)
    {
        ref var totals = ref profile.Totals;
        var (rates, hours, credentials) = (profile.Rates, profile.Hours, profile.Credentials);
        var (actions, odd) = (profile.Actions, profile.OddAccesses);
        fields.Number(ref totals.Sequence);
        fields.Number(ref totals.Events);
        fields.Halves(hours.Hours);
        fields.Numbers(actions.Kinds);
        fields.Part(profile.Patients.Write, profile.Patients.Read);
        fields.Part(profile.Recent.Write, profile.Recent.Read);
        foreach (var counts in new[] { credentials.Addresses, credentials.Devices, actions.Purposes })
            fields.Part(counts.Write, counts.Read);
        fields.Norm(ref rates.PerHour);
        fields.Norm(ref rates.PatientsPerHour);
        fields.Norm(ref rates.PerTenMinutes);
        fields.Norm(ref rates.PatientsPerDay);
        fields.Norm(ref actions.Records);
        fields.Number(ref hours.Total);
        fields.Number(ref totals.Accesses);
        fields.Number(ref totals.Failures);
        fields.Number(ref odd.Patients);
        var unused = 0f; // once the days with accesses
        fields.Number(ref unused);
        fields.Number(ref actions.BreakGlass);
        fields.Number(ref actions.BreakGlassRecent);
        fields.Number(ref credentials.SilentDays);
        fields.Number(ref totals.Day);
        fields.Number(ref rates.PatientsToday);
        fields.Number(ref rates.HourPeakToday);
        fields.Number(ref credentials.AlarmFailures);
        fields.Number(ref rates.TenMinutesPeakToday);
        fields.Number(ref rates.PatientsPeakToday);
        fields.Number(ref totals.FirstMinute);
        fields.Number(ref totals.LastMinute);
        fields.Number(ref credentials.ReturnMinute);
        fields.Number(ref credentials.AlarmMinute);
        if (version == 1)
            return;
        fields.Part(credentials.Networks.Write, credentials.Networks.Read);
        fields.Number(ref odd.OfHours);
        fields.Number(ref odd.OfWeeks);
        fields.Number(ref odd.Minute);
        fields.Number(ref hours.LoginMinute);
        fields.Number(ref hours.LoginRarity);
        fields.Number(ref hours.LoginAddress);
        fields.Number(ref credentials.AlarmAddress);
        fields.Number(ref credentials.FailureAddress);
    }
}

/// <summary>The counters of a profile that no part of it keeps.</summary>
internal struct ProfileTotals
{
    public long Sequence;
    public long Events;

    /// <summary>Decayed, like the failures.</summary>
    public float Accesses;
    public float Failures;
    public int Day;
    public uint FirstMinute;
    public uint LastMinute;
}

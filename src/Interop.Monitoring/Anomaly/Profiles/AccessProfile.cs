using Interop.Anomaly.Features;

namespace Interop.Anomaly.Profiles;

/// <summary>
/// One agent's history, bounded: its saved form has at most 16 KB. Observing an access first writes its features, then counts it. A batch
/// carries a sequence: one that is not above the last is refused (<see cref="Sequence"/>), so that a repeated batch never counts twice. Not
/// for use by two threads at once.
/// </summary>
public sealed class AccessProfile
{
    /// <summary>With fewer events of the agent, its role's profile is used.</summary>
    public const int FewEvents = 20;

    /// <summary>The largest saved form.</summary>
    public const int MostBytes = 16 * 1024;

    private const int MostDaysAtOnce = 365;
    private const float DailyDecay = 0.977f; // a half-life of 30 days
    private const float QuickDailyDecay = 0.93f; // about ten days

    private ProfileTotals _totals;

    /// <summary>The last batch that is counted in.</summary>
    public long Sequence => _totals.Sequence;

    /// <summary>All events ever.</summary>
    public long Events => _totals.Events;

    internal ref ProfileTotals Totals => ref _totals;

    internal KnownPatients Patients { get; } = new();

    internal RecentHour Recent { get; } = new();

    internal RateHistory Rates { get; } = new();

    internal HourHistory Hours { get; } = new();

    internal CredentialHistory Credentials { get; } = new();

    internal ActionHistory Actions { get; } = new();

    internal OddAccessHistory OddAccesses { get; } = new();

    /// <summary>Begins the next batch.</summary>
    /// <returns>False: the batch is already counted in.</returns>
    public bool Begin(long sequence)
    {
        if (sequence <= _totals.Sequence)
            return false;
        _totals.Sequence = sequence;
        return true;
    }

    /// <summary>Writes the features of the access by the history before it, then counts the access.</summary>
    public void Observe(AccessInContext access, FeatureRow row)
    {
        var patient = access.Event.Patient is null ? 0 : StableHash.Of(access.Event.Patient);
        var observed = ObservedAccess.Of(access, access.Event.Patient is null ? default : Patients[patient]);
        AdvanceTo(observed.Day, observed.Minute);
        row.Clear();
        if (observed.IsNewToday)
        {
            Rates.CountPatient();
            if (observed.IsOdd)
                OddAccesses.CountPatient();
        }

        Recent.Add(observed.IsNewInHour, observed.IsOdd, access.Event.Failed);

        PatientFeatures.Write(observed, row, _totals.Accesses);
        OddAccesses.Write(observed, row, Recent);
        Rates.Write(observed, row, Recent);
        Hours.Write(observed, row);
        Credentials.Write(observed, row, Recent, _totals.Failures / (_totals.Accesses + FewEvents), HasHistoryAt(observed.Day));
        Actions.Write(observed, row, _totals.Accesses);
        row.SetFrom(
            AccessFeature.UnexplainedOffHours,
            1,
            observed.IsUnexplained ? row[AccessFeature.HourRarity] * row[AccessFeature.Unexplained] : 0
        );

        Count(observed, patient);
    }

    /// <summary>The saved form.</summary>
    public byte[] Save()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(ProfileLayout.Version);
        ProfileLayout.Transfer(new StoredFields(writer), ProfileLayout.Version, this);
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">Not a saved profile, or one of a newer version.</exception>
    public static AccessProfile Load(byte[] saved)
    {
        using var reader = new BinaryReader(new MemoryStream(saved));
        try
        {
            var version = reader.ReadByte();
            if (version is 0 or > ProfileLayout.Version)
                throw new InvalidDataException($"An access profile of version {version}; this program reads {ProfileLayout.Version}");
            var profile = new AccessProfile();
            ProfileLayout.Transfer(new StoredFields(reader), version, profile);
            return profile;
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("The access profile is cut off", e);
        }
    }

    /// <summary>Ends the days that have passed since the last event.</summary>
    private void AdvanceTo(int day, uint minute)
    {
        if (_totals.Events == 0)
        {
            _totals.FirstMinute = minute;
            _totals.Day = day;
        }
        else if (day > _totals.Day)
        {
            var passed = Math.Min(day - _totals.Day, MostDaysAtOnce);
            var factor = MathF.Pow(DailyDecay, passed);
            var quick = MathF.Pow(QuickDailyDecay, passed);
            _totals.Accesses *= factor;
            _totals.Failures *= factor;
            Rates.EndDay();
            Hours.Decay(factor);
            Credentials.Decay(factor);
            Actions.Decay(factor, quick);
            OddAccesses.Decay(quick);
            _totals.Day = day;
        }

        if (_totals.Events > 0 && minute > _totals.LastMinute)
            Credentials.Return(minute, minute - _totals.LastMinute);
        Recent.Advance(minute);
    }

    /// <summary>Whether the agent is known well enough that something new stands out.</summary>
    private bool HasHistoryAt(int day) => _totals.Events >= FewEvents && day > (int)(_totals.FirstMinute / ObservedAccess.MinutesPerDay);

    private void Count(in ObservedAccess observed, uint patient)
    {
        _totals.Events++;
        _totals.Accesses++;
        Actions.Count(observed.Event.Kind);
        if (observed.Event.Failed)
            _totals.Failures++;
        if (observed.Event.Patient is not null)
            Patients.Add(patient, observed.Minute, observed.IsUnexplained);
        _totals.LastMinute = Math.Max(_totals.LastMinute, observed.Minute);
    }
}

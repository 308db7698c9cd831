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

    private const byte FormatVersion = 2;
    private const float DailyDecay = 0.977f; // a half-life of 30 days
    private const float UnexplainedDecay = 0.93f; // about ten days
    private const float Slow = 0.05f;
    private const float RareNetworkFrom = 3; // the network of employees' homes carries more than one access in 1,000
    private const float RatherOddFrom = 1.8f;
    private const uint LongestSession = 10 * 60;

    private readonly float[] _hours = new float[168];
    private readonly float[] _kinds = new float[10];
    private readonly KnownPatients _patients = new();
    private readonly RecentHour _recent = new();
    private readonly DecayedCounts _addresses = new(32);
    private readonly DecayedCounts _devices = new(16);
    private readonly DecayedCounts _purposes = new(8);
    private RunningNorm _perHour = new(Slow);
    private RunningNorm _patientsPerHour = new(Slow);
    private RunningNorm _perTenMinutes = new(Slow);
    private RunningNorm _patientsPerDay = new(Slow);
    private RunningNorm _records = new(Slow);
    private float _hourTotal;
    private float _accesses;
    private float _failures;
    private float _unexplained;
    private float _activeDays;
    private float _breakGlass;
    private float _breakGlassRecent;
    private int _day;
    private int _patientsToday;
    private int _hourPeakToday; // peaks of whole days are the norm: within a burst it must not move
    private int _tenPeakToday;
    private int _patientsPeakToday;
    private uint _firstMinute;
    private uint _lastMinute;
    private uint _returnMinute;
    private float _silentDays;
    private uint _alarmMinute;
    private int _alarmFailures;
    private readonly DecayedCounts _networks = new(8);
    private float _suspicion; // of the last hours
    private float _suspicionLong; // of the last weeks
    private uint _suspicionMinute;
    private uint _loginMinute;
    private float _loginRarity;
    private uint _loginAddress;
    private uint _alarmAddress;
    private uint _failureAddress;

    /// <summary>The last batch that is counted in.</summary>
    public long Sequence { get; private set; }

    /// <summary>All events ever.</summary>
    public long Events { get; private set; }

    /// <summary>Begins the next batch.</summary>
    /// <returns>False: the batch is already counted in.</returns>
    public bool Begin(long sequence)
    {
        if (sequence <= Sequence)
            return false;
        Sequence = sequence;
        return true;
    }

    /// <summary>Writes the features of the access by the history before it, then counts the access.</summary>
    public void Observe(AccessInContext access, FeatureRow row)
    {
        var e = access.Event;
        var minute = (uint)Math.Clamp(e.Time.ToUnixTimeSeconds() / 60, 0, uint.MaxValue);
        var day = (int)Math.Min(ushort.MaxValue, minute / 1440);
        AdvanceTo(day, minute);
        row.Clear();
        var link = AccessPopulation.LinkOf(access.Care, access.Population.Circle);
        var unexplained = link == CareLink.Unexplained;
        var patient = e.Patient is null ? 0 : StableHash.Of(e.Patient);
        var known = e.Patient is null ? default : _patients[patient];
        var newInHour = e.Patient is not null && (known.Times == 0 || known.LastMinute + 60 < minute);
        var newToday = e.Patient is not null && (known.Times == 0 || known.LastMinute / 1440 < day);
        if (newToday)
            _patientsToday++;
        var odd = unexplained && access.Population.MannerRarity >= AccessPopulation.OddFrom;
        if (newToday && odd)
            _unexplained++;
        _recent.Add(newInHour, odd, e.Failed);

        PatientFeatures(access, row, known, link);
        SuspicionFeatures(access, row, minute, unexplained, newToday);
        RateFeatures(access, row, link);
        var hour = HourFeatures(access, row, minute, link);
        CredentialFeatures(access, row, minute, day, link);
        ActionFeatures(access, row, day, link);
        row.SetFrom(AccessFeature.UnexplainedOffHours, 1, unexplained ? hour * row[AccessFeature.Unexplained] : 0);

        Count(access, minute, day, patient, unexplained);
    }

    /// <summary>The saved form.</summary>
    public byte[] Save()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(FormatVersion);
        writer.Write(Sequence);
        writer.Write(Events);
        foreach (var hours in _hours)
            writer.Write((Half)hours);
        foreach (var kind in _kinds)
            writer.Write(kind);
        _patients.Write(writer);
        _recent.Write(writer);
        foreach (var counts in new[] { _addresses, _devices, _purposes })
            counts.Write(writer);
        foreach (var norm in new[] { _perHour, _patientsPerHour, _perTenMinutes, _patientsPerDay, _records })
            norm.Write(writer);
        foreach (
            var number in new[] { _hourTotal, _accesses, _failures, _unexplained, _activeDays, _breakGlass, _breakGlassRecent, _silentDays }
        )
            writer.Write(number);
        foreach (var number in new[] { _day, _patientsToday, _hourPeakToday, _alarmFailures, _tenPeakToday, _patientsPeakToday })
            writer.Write(number);
        foreach (var number in new[] { _firstMinute, _lastMinute, _returnMinute, _alarmMinute })
            writer.Write(number);
        _networks.Write(writer);
        writer.Write(_suspicion);
        writer.Write(_suspicionLong);
        writer.Write(_suspicionMinute);
        writer.Write(_loginMinute);
        writer.Write(_loginRarity);
        writer.Write(_loginAddress);
        writer.Write(_alarmAddress);
        writer.Write(_failureAddress);
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">Not a saved profile, or one of a newer version.</exception>
    public static AccessProfile Load(byte[] saved)
    {
        using var reader = new BinaryReader(new MemoryStream(saved));
        try
        {
            return new AccessProfile(reader);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("The access profile is cut off", e);
        }
    }

    public AccessProfile() { }

    private AccessProfile(BinaryReader reader)
    {
        var version = reader.ReadByte();
        if (version is 0 or > FormatVersion)
            throw new InvalidDataException($"An access profile of version {version}; this program reads {FormatVersion}");
        Sequence = reader.ReadInt64();
        Events = reader.ReadInt64();
        for (var i = 0; i < _hours.Length; i++)
            _hours[i] = (float)reader.ReadHalf();
        for (var i = 0; i < _kinds.Length; i++)
            _kinds[i] = reader.ReadSingle();
        _patients.Read(reader);
        _recent.Read(reader);
        foreach (var counts in new[] { _addresses, _devices, _purposes })
            counts.Read(reader);
        _perHour.Read(reader);
        _patientsPerHour.Read(reader);
        _perTenMinutes.Read(reader);
        _patientsPerDay.Read(reader);
        _records.Read(reader);
        (_hourTotal, _accesses, _failures, _unexplained) = (
            reader.ReadSingle(),
            reader.ReadSingle(),
            reader.ReadSingle(),
            reader.ReadSingle()
        );
        (_activeDays, _breakGlass, _breakGlassRecent, _silentDays) = (
            reader.ReadSingle(),
            reader.ReadSingle(),
            reader.ReadSingle(),
            reader.ReadSingle()
        );
        (_day, _patientsToday, _hourPeakToday, _alarmFailures) = (
            reader.ReadInt32(),
            reader.ReadInt32(),
            reader.ReadInt32(),
            reader.ReadInt32()
        );
        (_tenPeakToday, _patientsPeakToday) = (reader.ReadInt32(), reader.ReadInt32());
        (_firstMinute, _lastMinute, _returnMinute, _alarmMinute) = (
            reader.ReadUInt32(),
            reader.ReadUInt32(),
            reader.ReadUInt32(),
            reader.ReadUInt32()
        );
        if (version == 1)
            return;
        _networks.Read(reader);
        (_suspicion, _suspicionLong, _suspicionMinute) = (reader.ReadSingle(), reader.ReadSingle(), reader.ReadUInt32());
        (_loginMinute, _loginRarity) = (reader.ReadUInt32(), reader.ReadSingle());
        (_loginAddress, _alarmAddress, _failureAddress) = (reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt32());
    }

    /// <summary>Ends the days that have passed since the last event.</summary>
    private void AdvanceTo(int day, uint minute)
    {
        if (Events == 0)
        {
            _firstMinute = minute;
            _day = day;
        }
        else if (day > _day)
        {
            _patientsPerDay.Add(_patientsToday);
            _perHour.Add(_hourPeakToday);
            _perTenMinutes.Add(_tenPeakToday);
            _patientsPerHour.Add(_patientsPeakToday);
            _patientsToday = _hourPeakToday = _tenPeakToday = _patientsPeakToday = 0;
            var passed = Math.Min(day - _day, 365);
            var factor = MathF.Pow(DailyDecay, passed);
            _accesses *= factor;
            _failures *= factor;
            _hourTotal *= factor;
            _breakGlass *= factor;
            for (var i = 0; i < _hours.Length; i++)
                _hours[i] *= factor;
            for (var i = 0; i < _kinds.Length; i++)
                _kinds[i] *= factor;
            _addresses.Decay(factor);
            _devices.Decay(factor);
            _purposes.Decay(factor);
            _networks.Decay(factor);
            var quick = MathF.Pow(UnexplainedDecay, passed);
            _unexplained *= quick;
            _activeDays = (_activeDays * quick) + 1;
            _breakGlassRecent *= quick;
            _day = day;
        }

        if (Events > 0 && minute > _lastMinute && minute - _lastMinute > 7 * 1440)
            (_silentDays, _returnMinute) = ((minute - _lastMinute) / 1440f, minute);
        _recent.Advance(minute);
    }

    private void PatientFeatures(AccessInContext access, FeatureRow row, KnownPatients.Visit known, CareLink link)
    {
        var care = access.Care;
        var explained = link == CareLink.Explained;
        var unexplained = link == CareLink.Unexplained;
        if (access.Event.Patient is not null)
        {
            var rarity = MathF.Log10((_accesses + 10) / (known.Times + 1f));
            // A patient in the agent's care is new to it on every working day.
            // A system account that reads everything has no patients of its own.
            row.SetFrom(AccessFeature.PatientRarity, 1.5f, unexplained ? MathF.Min(rarity, 2) : 0, rarity, known.Times);
            // On-call staff at night has few links; a nurse by day has nearly always one.
            var surprise = unexplained ? -MathF.Log10((float)access.Population.UnexplainedShare) : 0;
            // The norm selects the text: clinical data, or the colleagues' accesses.
            var byColleagues = care.Link == CareLink.Unknown ? 1 : 0;
            row.Set(AccessFeature.Unexplained, surprise, surprise, byColleagues);
            row.Set(AccessFeature.UnexplainedFirst, unexplained && known.Times == 0 ? surprise : 0, surprise, byColleagues);
            row.SetFrom(AccessFeature.UnusualPresence, 1.2f, (float)access.Population.PresenceRarity);
            row.SetFrom(AccessFeature.UnusualManner, 1.2f, (float)access.Population.MannerRarity);
            row.SetFrom(AccessFeature.PatientAttention, 3, explained ? 0 : (float)access.Population.PatientAttention);
            row.SetFrom(
                AccessFeature.UnexplainedRepeat,
                2,
                unexplained && access.Population.MannerRarity >= AccessPopulation.OddFrom ? known.Times + 1 : 0
            );
            // Family, colleagues and watched patients matter more where nothing explains the access.
            var weight = explained ? 0.2f : 1;
            row.Set(AccessFeature.SameFamilyName, care.SameFamilyName ? weight : 0);
            row.Set(AccessFeature.SameAddress, care.SameAddress ? weight : 0);
            row.Set(AccessFeature.OwnRecord, care.OwnRecord ? weight : 0);
            row.Set(AccessFeature.Colleague, care.Colleague ? weight : 0);
            row.Set(AccessFeature.Watched, care.Watched ? weight : 0);
        }

        row.SetFrom(AccessFeature.UnexplainedHistory, 2, unexplained ? OddnessOf(access) * _unexplained : 0, _unexplained, 0);
        row.SetFrom(AccessFeature.UnexplainedInHour, 2, unexplained ? _recent.Unexplained(60) : 0);
    }

    /// <summary>The oddness of the agent's other unexplained accesses to patients, because an incident has more than one event.</summary>
    private void SuspicionFeatures(AccessInContext access, FeatureRow row, uint minute, bool unexplained, bool newToday)
    {
        var passed = minute > _suspicionMinute ? minute - _suspicionMinute : 0;
        _suspicion *= MathF.Pow(0.5f, passed / 120f);
        _suspicionLong *= MathF.Pow(0.5f, passed / (7 * 1440f));
        _suspicionMinute = Math.Max(minute, _suspicionMinute);
        // An ordinary access (a phone call) stays ordinary, whatever the agent did before.
        if (!unexplained || access.Population.MannerRarity < RatherOddFrom)
            return;
        var weight = OddnessOf(access);
        row.SetFrom(AccessFeature.SuspicionInHours, 0.5f, weight * _suspicion);
        row.SetFrom(AccessFeature.SuspicionInWeeks, 1, weight * _suspicionLong);
        // Actions that are more frequent than one access in 300 do not count.
        var surprise = MathF.Max(0, (float)access.Population.MannerRarity - AccessPopulation.OddFrom);
        if (!newToday)
            return;
        _suspicion += surprise;
        _suspicionLong += surprise;
    }

    private void RateFeatures(AccessInContext access, FeatureRow row, CareLink link)
    {
        var role = access.Population;
        var (hourNorm, hourSpread) = ((float)role.HourNorm, (float)role.HourSpread);
        var (dayNorm, daySpread) = ((float)role.DayNorm, (float)role.DaySpread);
        var hour = _recent.Events(60);
        _hourPeakToday = Math.Max(_hourPeakToday, hour);
        var ten = _recent.Events(10);
        var patients = _recent.Patients(60);
        // Many accesses that care explains are work, not a sign; beside them one without a link does not make the rate one.
        var weight = link switch
        {
            CareLink.Explained => 0.2f,
            CareLink.Unknown when access.Event.Kind == AccessKind.Export || patients == 0 => 1,
            CareLink.Unknown when access.Event.Patient is not null => 1,
            _ => Math.Clamp((float)_recent.Unexplained(60) / Math.Max(1, patients), 0.2f, 1),
        };
        weight /= (float)role.Surge;
        var minute = _recent.Events(1);
        row.SetFrom(
            AccessFeature.EventsInMinute,
            1,
            weight * _perTenMinutes.Excess(minute, hourNorm, hourSpread, 5),
            minute,
            _perTenMinutes.Norm(hourNorm, 5)
        );
        row.SetFrom(
            AccessFeature.EventsInTenMinutes,
            1,
            weight * _perTenMinutes.Excess(ten, hourNorm, hourSpread, 5),
            ten,
            _perTenMinutes.Norm(hourNorm, 5)
        );
        row.SetFrom(
            AccessFeature.EventsInHour,
            1,
            weight * _perHour.Excess(hour, hourNorm, hourSpread, 5),
            hour,
            _perHour.Norm(hourNorm, 5)
        );
        row.SetFrom(
            AccessFeature.PatientsInHour,
            1,
            weight * _patientsPerHour.Excess(patients, hourNorm, hourSpread, 5),
            patients,
            _patientsPerHour.Norm(hourNorm, 5)
        );
        row.SetFrom(
            AccessFeature.PatientsToday,
            1,
            weight * _patientsPerDay.Excess(_patientsToday, dayNorm, daySpread, 3),
            _patientsToday,
            _patientsPerDay.Norm(dayNorm, 3)
        );
        _tenPeakToday = Math.Max(_tenPeakToday, ten);
        _patientsPeakToday = Math.Max(_patientsPeakToday, patients);
    }

    private float HourFeatures(AccessInContext access, FeatureRow row, uint minute, CareLink link)
    {
        // 1970-01-01 was a Thursday.
        var hour = (int)((minute / 60) + (3 * 24)) % 168;
        var ofDay = 0f;
        for (var d = 0; d < 7; d++)
            ofDay +=
                _hours[(hour % 24) + (24 * d)] + (0.5f * (_hours[((hour + 1) % 24) + (24 * d)] + _hours[((hour + 23) % 24) + (24 * d)]));
        var surge = (float)access.Population.Surge;
        var own = _hourTotal > 0 ? ((0.7f * ofDay / 2) + (0.3f * 7 * _hours[hour])) / _hourTotal : 0;
        var prior = (float)access.Population.HourShare;
        var share = ((own * _hourTotal) + (prior * FewEvents)) / (_hourTotal + FewEvents);
        var rarity = MathF.Max(0, -MathF.Log10(MathF.Max(share * 24, 1e-4f)));
        // Care explains another hour than the usual one, unless the whole role is never there.
        var ofRole = MathF.Max(0, -MathF.Log10(MathF.Max(prior * 24, 1e-4f)));
        var weight = link == CareLink.Explained ? 0.3f + (0.7f * MathF.Min(1, ofRole / 2)) : 1;
        row.SetFrom(AccessFeature.HourRarity, 1, weight * rarity / surge, rarity, 0);
        // The session that begins with an unusual login is unusual to its end.
        if (access.Event.Kind == AccessKind.Login && !access.Event.Failed)
            (_loginMinute, _loginRarity, _loginAddress) = (minute, (float)access.Population.LoginRarity, AddressOf(access.Event));
        else if (minute - Math.Min(minute, _loginMinute) > LongestSession)
            _loginRarity = 0;
        row.SetFrom(AccessFeature.UnusualLogin, 2, AddressOf(access.Event) == _loginAddress ? _loginRarity / surge : 0);
        if (access.Event.Kind == AccessKind.Logout)
            _loginRarity = 0;
        _hours[hour]++;
        _hourTotal++;
        return row[AccessFeature.HourRarity];
    }

    private void CredentialFeatures(AccessInContext access, FeatureRow row, uint minute, int day, CareLink link)
    {
        var e = access.Event;
        var failures = _recent.Failures(10);
        row.SetFrom(AccessFeature.FailureShare, 0.05f, _failures / (_accesses + FewEvents));
        // Failures at one address do not count against the owner of the account at another address.
        var at = AddressOf(e);
        if (e.Failed)
            _failureAddress = at;
        row.SetFrom(AccessFeature.FailureBurst, 2, at == _failureAddress ? failures : 0);
        if (e.Kind == AccessKind.Login && !e.Failed && failures >= 3 && at == _failureAddress)
            (_alarmMinute, _alarmFailures, _alarmAddress) = (minute, failures, at);
        var alarmed = _alarmFailures > 0 && at == _alarmAddress && minute >= _alarmMinute && minute - _alarmMinute <= 60;
        row.Set(AccessFeature.SuccessAfterFailures, alarmed ? _alarmFailures : 0);
        if (e.Address is not null)
        {
            var address = StableHash.Of(e.Address);
            row.Set(AccessFeature.NewAddress, IsNew(_addresses, address, day), 1, _addresses.Keys);
            row.SetFrom(AccessFeature.AgentsAtAddress, 3.5f, MathF.Log(1 + (float)access.Population.AgentsAtAddress));
            _addresses.Add(address, day);
            if (Networks.Of(e.Address) is { } name)
            {
                var network = StableHash.Of(name);
                row.SetFrom(
                    AccessFeature.NewNetwork,
                    RareNetworkFrom,
                    IsNew(_networks, network, day) * (float)access.Population.NetworkRarity
                );
                _networks.Add(network, day);
            }
        }

        if (e.Device is not null)
        {
            var device = StableHash.Of(e.Device);
            row.Set(AccessFeature.NewDevice, IsNew(_devices, device, day), 1, _devices.Keys);
            _devices.Add(device, day);
        }

        // For a day after its return an account counts as dormant. Care, or the patient's own record, explains the return.
        if (link != CareLink.Explained && _silentDays > 0 && minute >= _returnMinute && minute - _returnMinute < 1440)
            row.Set(AccessFeature.Dormancy, MathF.Log(1 + (_silentDays / 7)));
    }

    private void ActionFeatures(AccessInContext access, FeatureRow row, int day, CareLink link)
    {
        var e = access.Event;
        // Logins are rare among accesses and do not count; failed logins have their own features.
        var isAccess = e.Kind is not (AccessKind.Login or AccessKind.FailedLogin or AccessKind.Logout);
        row.SetFrom(AccessFeature.ActionRarity, 2, isAccess ? (float)access.Population.ActionRarity : 0);
        row.SetFrom(AccessFeature.ResourceRarity, 2, isAccess ? (float)access.Population.ResourceRarity : 0);
        var own =
            (_kinds[(int)e.Kind] + (MathF.Pow(10, -(float)access.Population.ActionRarity) * FewEvents) + 0.1f)
            / (_accesses + FewEvents + 0.1f);
        row.SetFrom(AccessFeature.OwnActionRarity, 2, isAccess ? MathF.Max(0, -MathF.Log10(own)) : 0);
        if (e.Purpose is not null && e.Patient is not null)
        {
            var purpose = StableHash.Of(e.Purpose);
            row.SetFrom(
                AccessFeature.UnusualPurpose,
                2,
                (link == CareLink.Explained ? 0.3f : 1)
                    * (
                        _purposes.Total < FewEvents
                            ? 0
                            : MathF.Min(
                                MathF.Log10((_purposes.Total + 1) / (_purposes[purpose] + 1)),
                                (float)access.Population.PurposeRarity
                            )
                    )
            );
            _purposes.Add(purpose, day);
        }

        if (e.BreakGlass)
        {
            var rarity = MathF.Log10((_accesses + 10) / (_breakGlass + 1));
            var ofRole = (float)access.Population.BreakGlassRarity;
            row.SetFrom(AccessFeature.BreakGlass, 2, link == CareLink.Unexplained ? MathF.Min(rarity, ofRole) : 0.3f * rarity, rarity, 0);
            row.SetFrom(AccessFeature.UnexplainedBreakGlass, 2, ofRole);
            _breakGlass++;
            if (ofRole >= AccessPopulation.OddFrom)
                _breakGlassRecent++;
            row.SetFrom(AccessFeature.BreakGlassHistory, 2, ofRole >= AccessPopulation.OddFrom ? _breakGlassRecent : 0);
        }

        if (e.Kind == AccessKind.Export)
        {
            // Beyond its own norm, and for many records in any case.
            var (norm, spread) = ((float)access.Population.RecordsNorm, (float)access.Population.RecordsSpread);
            var excess = _records.Excess(e.Records, norm, spread, 3);
            row.SetFrom(AccessFeature.Breadth, 1, excess, MathF.Log10(1 + e.Records), _records.Norm(norm, 3));
            _records.Add(e.Records);
        }
    }

    /// <summary>From 0 for an ordinary unexplained access to 1 for an odd one.</summary>
    private static float OddnessOf(AccessInContext access) =>
        Math.Clamp(((float)access.Population.MannerRarity - RatherOddFrom) / (AccessPopulation.OddFrom - RatherOddFrom), 0, 1);

    private static uint AddressOf(AccessEvent e) => e.Address is null ? 0 : StableHash.Of(e.Address);

    /// <summary>1 on the first day of a key, once the agent has a history.</summary>
    private float IsNew(DecayedCounts counts, uint key, int day) =>
        Events >= FewEvents && day > (int)(_firstMinute / 1440) && counts.FirstDay(key, day) == day ? 1 : 0;

    private void Count(AccessInContext access, uint minute, int day, uint patient, bool unexplained)
    {
        Events++;
        _accesses++;
        _kinds[(int)access.Event.Kind]++;
        if (access.Event.Failed)
            _failures++;
        if (access.Event.Patient is not null)
            _patients.Add(patient, minute, unexplained);
        _lastMinute = Math.Max(_lastMinute, minute);
        _ = day;
    }
}

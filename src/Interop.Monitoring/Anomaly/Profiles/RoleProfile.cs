namespace Interop.Anomaly.Profiles;

/// <summary>The behaviour of a role: hours, actions, resource types and rates. It is used in place of a new agent's history.</summary>
internal sealed class RoleProfile
{
    /// <summary>ln(1 + records): about 50, until the role has exported.</summary>
    private const double UnknownRecords = 4;

    private const float DailyDecay = 0.977f;
    private readonly float[] _hours = new float[24];
    private readonly float[] _kinds = new float[10];
    private readonly DecayedCounts _resources = new(96);
    private RunningNorm _perHour = new(0.001f);
    private RunningNorm _patientsPerDay = new(0.001f);
    private RunningNorm _records = new(0.01f);
    private float _accesses;
    private readonly float[] _patientAccesses = new float[24];
    private readonly float[] _unexplained = new float[24];
    private int _day;

    public PopulationView Observe(string name, AccessEvent e, CareLink link, int day)
    {
        if (day > _day)
            Decay(day);
        var hour = (int)(e.Time.ToUnixTimeSeconds() / 3600 % 24);
        var resource = StableHash.Of(e.Kind, e.ResourceType);
        var view = new PopulationView(
            name,
            (_hours[hour] + 1) / (_accesses + 24),
            MathF.Log10((_accesses + 10) / (_kinds[(int)e.Kind] + 1)),
            MathF.Log10((_accesses + 10) / (_resources[resource] + 1)),
            0,
            0,
            _perHour.Mean,
            _perHour.Spread,
            _patientsPerDay.Mean,
            _patientsPerDay.Spread,
            (_unexplained[hour] + 1) / (_patientAccesses[hour] + 20),
            RecordsNorm: _records.Count < 5 ? UnknownRecords : _records.Mean,
            RecordsSpread: _records.Count < 5 ? 1 : _records.Spread
        );
        if (e.Kind == AccessKind.Export)
            _records.Add(e.Records);
        _hours[hour]++;
        _kinds[(int)e.Kind]++;
        _accesses++;
        _resources.Add(resource, day);
        if (e.Patient is not null && link != CareLink.Unknown)
        {
            _patientAccesses[hour]++;
            if (link == CareLink.Unexplained)
                _unexplained[hour]++;
        }

        return view;
    }

    public void Learn(float eventsInHour, float patientsToday)
    {
        _perHour.Add(eventsInHour);
        _patientsPerDay.Add(patientsToday);
    }

    public void Write(BinaryWriter writer)
    {
        foreach (var hours in _hours)
            writer.Write(hours);
        foreach (var kind in _kinds)
            writer.Write(kind);
        _resources.Write(writer);
        _perHour.Write(writer);
        _patientsPerDay.Write(writer);
        for (var i = 0; i < _hours.Length; i++)
        {
            writer.Write(_patientAccesses[i]);
            writer.Write(_unexplained[i]);
        }

        writer.Write(_accesses);
        writer.Write(_day);
        _records.Write(writer);
    }

    public void Read(BinaryReader reader, int version)
    {
        for (var i = 0; i < _hours.Length; i++)
            _hours[i] = reader.ReadSingle();
        for (var i = 0; i < _kinds.Length; i++)
            _kinds[i] = reader.ReadSingle();
        _resources.Read(reader);
        _perHour.Read(reader);
        _patientsPerDay.Read(reader);
        for (var i = 0; i < _hours.Length; i++)
            (_patientAccesses[i], _unexplained[i]) = (reader.ReadSingle(), reader.ReadSingle());
        (_accesses, _day) = (reader.ReadSingle(), reader.ReadInt32());
        if (version > 1)
            _records.Read(reader);
    }

    private void Decay(int day)
    {
        var factor = _day == 0 ? 1 : MathF.Pow(DailyDecay, Math.Min(365, day - _day));
        for (var i = 0; i < _hours.Length; i++)
        {
            _hours[i] *= factor;
            _patientAccesses[i] *= factor;
            _unexplained[i] *= factor;
        }

        for (var i = 0; i < _kinds.Length; i++)
            _kinds[i] *= factor;
        _resources.Decay(factor);
        _accesses *= factor;
        _day = day;
    }
}

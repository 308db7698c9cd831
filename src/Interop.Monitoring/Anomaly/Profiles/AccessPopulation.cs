namespace Interop.Anomaly.Profiles;

/// <summary>
/// The behaviour of all agents of a source: profiles of roles, agents per network address, and agents without a care link per patient.
/// Bounded. Not for use by two threads at once.
/// </summary>
public sealed class AccessPopulation
{
    private const byte FormatVersion = 2;
    private const int MostRoles = 64;
    private const float DailyDecay = 0.977f; // a half-life of 30 days
    private const string OtherRole = "other";

    private const float AttentionFrom = 1.5f;
    private const float NextHour = 0.3f;

    /// <summary>From this rarity on an unexplained access counts as odd: an agent in such a place has it in one of 200 hours
    /// of work.</summary>
    internal const float OddFrom = 2.3f;
    private readonly Dictionary<string, RoleProfile> _roles = new(StringComparer.Ordinal);
    private readonly DistinctCounts _agentsAtAddress = new(limit: 4096, keepDays: 60);
    private readonly DistinctCounts _attention = new(limit: 8192, keepDays: 7);
    private readonly DecayedCounts _networks = new(512);
    private readonly Circumstances _circumstances = new(8192);
    private readonly PatientCircles _circles = new(8192);
    private readonly RecentSteps _steps = new(4096);
    private readonly PlaceActivity _places = new(512);
    private int _day;

    /// <summary>Events that were counted in.</summary>
    public long Events { get; private set; }

    /// <summary>Returns what was known before the access, then counts the access.</summary>
    public PopulationView Observe(AccessEvent e, CareContext care, string? role)
    {
        var name = string.IsNullOrEmpty(role) ? "unknown" : role;
        if (!_roles.TryGetValue(name, out var profile))
        {
            if (_roles.Count >= MostRoles)
                name = OtherRole;
            if (!_roles.TryGetValue(name, out profile))
                _roles[name] = profile = new RoleProfile();
        }

        var seconds = e.Time.ToUnixTimeSeconds();
        var day = (int)Math.Clamp(seconds / 86_400, 0, ushort.MaxValue);
        AdvanceTo(day);
        var agent = StableHash.Of(e.Agent);
        var patient = e.Patient is null ? 0 : StableHash.Of(e.Patient);
        var atAddress = e.Address is null ? 0 : _agentsAtAddress.Add(StableHash.Of(e.Address), agent, day);
        var circle = CircleOf(e, agent, patient, seconds);
        var link = LinkOf(care, circle);
        var rarity = RarityOf(e, care, link, circle, name, agent, patient, day);
        // An access that is usual at its place and hour, such as before the admission to the emergency department, adds no attention. But
        // it
        // sees the attention that the patient has: one of many unrelated agents may be a physician on call.
        float attention = 0;
        if (patient != 0 && link == CareLink.Unexplained)
            attention = rarity.Presence >= AttentionFrom ? _attention.Add(patient, agent, day) : _attention.Count(patient, day);
        var networkRarity = 0f;
        if (Networks.Of(e.Address) is { } network)
        {
            var key = StableHash.Of(network);
            networkRarity = MathF.Max(0, MathF.Log10((_networks.Total + 1) / (_networks[key] + 1)));
            _networks.Add(key, day);
        }

        Events++;
        return profile.Observe(name, e, link, day) with
        {
            AgentsAtAddress = atAddress,
            PatientAttention = attention,
            Circle = circle,
            PresenceRarity = rarity.Presence,
            MannerRarity = rarity.Manner,
            BreakGlassRarity = rarity.BreakGlass,
            PurposeRarity = rarity.Purpose,
            Surge = IsPerson(e) && PlaceOf(e) is { } place ? _places.Add(StableHash.Of(place), agent, (int)(seconds / 3600)) : 1,
            NetworkRarity = networkRarity,
            LoginRarity = LoginRarityOf(e, name, day),
        };
    }

    /// <summary>Whether care explains the access; where the clinical data says nothing, whether colleagues at the same place opened the
    /// record.</summary>
    internal static CareLink LinkOf(CareContext care, PatientCircle circle) =>
        care.Link != CareLink.Unknown
            ? care.Link
            : circle switch
            {
                PatientCircle.SamePlace => CareLink.Explained,
                PatientCircle.None or PatientCircle.Elsewhere => CareLink.Unexplained,
                _ => CareLink.Unknown,
            };

    /// <summary>Adds the rates that the profile found to the norms of the role.</summary>
    public void Learn(string role, float eventsInHour, float patientsToday)
    {
        if (_roles.TryGetValue(role, out var profile))
            profile.Learn(eventsInHour, patientsToday);
    }

    private static bool IsPerson(AccessEvent e) =>
        e.Agent.Length > 0
        && !e.Agent.StartsWith("Device/", StringComparison.Ordinal)
        && !e.Agent.StartsWith("Patient/", StringComparison.Ordinal);

    /// <summary>Where the access came from: the site with the network of the ward; null: neither is known.</summary>
    private static string? PlaceOf(AccessEvent e) => e.Site is null && e.Address is null ? null : $"{e.Site}|{Networks.Subnet(e.Address)}";

    private PatientCircle CircleOf(AccessEvent e, uint agent, uint patient, long seconds)
    {
        if (patient == 0 || !IsPerson(e) || PlaceOf(e) is not { } place)
            return PatientCircle.Unknown;
        return _circles.Add(patient, (ushort)StableHash.Of(place), (ushort)agent, (uint)Math.Clamp(seconds / 60, 0, uint.MaxValue));
    }

    private Rarities RarityOf(
        AccessEvent e,
        CareContext care,
        CareLink link,
        PatientCircle circle,
        string role,
        uint agent,
        uint patient,
        int day
    )
    {
        var (step, searched) = _steps.Add(agent, patient, e.Kind, e.Time.ToUnixTimeSeconds());
        if (patient == 0 || link == CareLink.Unknown)
            return default;
        var place = care.WorkPlace ?? e.Site;
        var contexts = (
            Role: StableHash.Of(role),
            Place: StableHash.Of($"{role}|{place}"),
            Time: StableHash.Of($"{role}|{place}") + (uint)e.Time.UtcDateTime.Hour + 1
        );
        if (_steps.Begins(agent, (uint)(e.Time.ToUnixTimeSeconds() / 3600)))
        {
            _circumstances.Count(contexts.Role, day);
            _circumstances.Count(contexts.Place, day);
            _circumstances.Count(contexts.Time, day);
        }

        var purpose = e.Purpose is null ? 0 : Observe(StableHash.Of(e.Purpose) | 0x8000_0000);
        if (link != CareLink.Unexplained)
            return new(0, 0, 0, purpose);
        var state = care.Presence != PatientPresence.Unknown ? (uint)care.Presence : 16 + (uint)circle;
        return new(
            Observe(state),
            Observe(64 + (state * 8) + ((uint)step * 2) + (searched ? 1u : 0)),
            e.BreakGlass ? Observe(512 + state) : 0,
            purpose
        );

        float Observe(uint cell)
        {
            var rarity = _circumstances.Rarity([contexts.Role, contexts.Place, contexts.Time], cell);
            _circumstances.CountCell(contexts.Role, cell, day);
            _circumstances.CountCell(contexts.Place, cell, day);
            _circumstances.CountCell(contexts.Time, cell, day);
            return rarity;
        }
    }

    private readonly record struct Rarities(float Presence, float Manner, float BreakGlass, float Purpose);

    private float LoginRarityOf(AccessEvent e, string role, int day)
    {
        if (e.Kind != AccessKind.Login || e.Failed)
            return 0;
        var logins = StableHash.Of($"{role}|login");
        var hour = HourCell(e.Time.UtcDateTime.Hour);
        // Neighbouring hours count, too: a shift that begins at five is usual when others begin at six.
        var rarity = MathF.Min(
            _circumstances.Rarity([logins], hour),
            NextHour
                + MathF.Min(
                    _circumstances.Rarity([logins], HourCell(e.Time.UtcDateTime.Hour + 1)),
                    _circumstances.Rarity([logins], HourCell(e.Time.UtcDateTime.Hour + 23))
                )
        );
        _circumstances.Count(logins, day);
        _circumstances.CountCell(logins, hour, day);
        return rarity;
    }

    private static uint HourCell(int hour) => 1024u + (uint)(hour % 24);

    private void AdvanceTo(int day)
    {
        if (day <= _day)
            return;
        if (_day > 0)
        {
            var factor = MathF.Pow(DailyDecay, Math.Min(365, day - _day));
            _networks.Decay(factor);
            _circumstances.Decay(factor);
        }

        _day = day;
    }

    /// <summary>The saved form.</summary>
    public byte[] Save()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(FormatVersion);
        writer.Write(Events);
        writer.Write(_roles.Count);
        foreach (var (name, role) in _roles)
        {
            writer.Write(name);
            role.Write(writer);
        }

        _agentsAtAddress.Write(writer);
        _attention.Write(writer);
        _networks.Write(writer);
        _circumstances.Write(writer);
        _circles.Write(writer);
        _steps.Write(writer);
        _places.Write(writer);
        writer.Write(_day);
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">Not a saved population, or one of a newer version.</exception>
    public static AccessPopulation Load(byte[] saved)
    {
        using var reader = new BinaryReader(new MemoryStream(saved));
        try
        {
            var version = reader.ReadByte();
            if (version is 0 or > FormatVersion)
                throw new InvalidDataException($"An access population of version {version}; this program reads {FormatVersion}");
            var population = new AccessPopulation { Events = reader.ReadInt64() };
            for (int i = 0, count = reader.ReadInt32(); i < count; i++)
            {
                var name = reader.ReadString();
                var role = new RoleProfile();
                role.Read(reader, version);
                population._roles[name] = role;
            }

            population._agentsAtAddress.Read(reader);
            population._attention.Read(reader);
            if (version == 1)
                return population;
            population._networks.Read(reader);
            population._circumstances.Read(reader);
            population._circles.Read(reader);
            population._steps.Read(reader);
            population._places.Read(reader);
            population._day = reader.ReadInt32();
            return population;
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("The access population is cut off", e);
        }
    }
}

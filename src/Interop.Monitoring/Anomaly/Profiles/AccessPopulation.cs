namespace Interop.Anomaly.Profiles;

/// <summary>
/// The behaviour of all agents of a source: profiles of roles, agents per network address, and agents without a care link per patient.
/// Bounded. Not for use by two threads at once.
/// </summary>
public sealed class AccessPopulation
{
    private const byte FormatVersion = 1;
    private const int MostRoles = 64;
    private const string OtherRole = "other";
    private readonly Dictionary<string, RoleProfile> _roles = new(StringComparer.Ordinal);
    private readonly DistinctCounts _agentsAtAddress = new(limit: 4096, keepDays: 60);
    private readonly DistinctCounts _attention = new(limit: 8192, keepDays: 7);

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

        var day = (int)Math.Clamp(e.Time.ToUnixTimeSeconds() / 86_400, 0, ushort.MaxValue);
        var agent = StableHash.Of(e.Agent);
        var atAddress = e.Address is null ? 0 : _agentsAtAddress.Add(StableHash.Of(e.Address), agent, day);
        float attention = 0;
        if (e.Patient is not null && care.Link != CareLink.Explained)
            attention = _attention.Add(StableHash.Of(e.Patient), agent, day);
        Events++;
        return profile.Observe(name, e, care, atAddress, attention, day);
    }

    /// <summary>Adds the rates that the profile found to the norms of the role.</summary>
    public void Learn(string role, float eventsInHour, float patientsToday)
    {
        if (_roles.TryGetValue(role, out var profile))
            profile.Learn(eventsInHour, patientsToday);
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
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">Not a saved population, or one of a newer version.</exception>
    public static AccessPopulation Load(byte[] saved)
    {
        using var reader = new BinaryReader(new MemoryStream(saved));
        try
        {
            if (reader.ReadByte() is var version && version != FormatVersion)
                throw new InvalidDataException($"An access population of version {version}; this program reads {FormatVersion}");
            var population = new AccessPopulation { Events = reader.ReadInt64() };
            for (int i = 0, count = reader.ReadInt32(); i < count; i++)
            {
                var name = reader.ReadString();
                var role = new RoleProfile();
                role.Read(reader);
                population._roles[name] = role;
            }

            population._agentsAtAddress.Read(reader);
            population._attention.Read(reader);
            return population;
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("The access population is cut off", e);
        }
    }
}

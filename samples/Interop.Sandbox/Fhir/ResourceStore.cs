using System.Collections.Concurrent;
using System.Text.Json;
using Interop.Sandbox.Hospital;
using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Fhir;

/// <summary>Everything that the FHIR server holds.</summary>
public sealed class ResourceStore
{
    private readonly ConcurrentDictionary<string, TypeStore> _types = new(StringComparer.Ordinal);
    private readonly ByteArena _arena = new();
    private readonly SandboxOptions _options;
    private readonly SyntheticPatients? _latePatients;
    private long _lastAssignedId;
    private int _patientSearches;

    internal ResourceStore(SandboxOptions options)
    {
        _options = options;
        if (options.DataDirectory is not null)
        {
            Patients = new PatientKeys(null);
            return;
        }
        if (options.Hospital is { } feed)
        {
            Hospital = new HospitalSimulation(feed.Resolve(options.Time.GetUtcNow()));
            var clock = feed.Clock(Hospital.Options, options.Time);
            var types = HospitalType.Create(Hospital);
            Patients = new PatientKeys(types.Single(type => type.Name == "Patient"));
            foreach (var seed in (SeededType[])[.. types, HospitalType.AuditEvents(Hospital)])
                _types[seed.Name] = new TypeStore(seed.Name, _arena, seed, clock);
            return;
        }
        var patients = new SyntheticPatients(options);
        var encounters = new SyntheticEncounters(options, patients);
        Patients = new PatientKeys(patients);
        _latePatients = options.LatePatientShare > 0 ? patients : null;
        foreach (
            var seed in (SyntheticType[])
                [
                    patients,
                    encounters,
                    new SyntheticConditions(options, patients, encounters),
                    new SyntheticObservations(options, patients, encounters),
                ]
        )
            _types[seed.Name] = new TypeStore(seed.Name, _arena, seed);
    }

    /// <summary>The hospital behind the resources, or null.</summary>
    public HospitalSimulation? Hospital { get; }

    internal PatientKeys Patients { get; }

    /// <summary>Held from the check of a condition to the write that depends on it.</summary>
    internal Lock WriteGate { get; } = new();

    /// <summary>The types that have or had resources.</summary>
    public IReadOnlyList<string> Types => [.. _types.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Resources of a type that exist now.</summary>
    public int Count(string type) => Find(type)?.Count ?? 0;

    public int TotalCount => _types.Values.Sum(type => type.Count);

    /// <summary>How many resources of a type are bad, by what is wrong with them.</summary>
    public IReadOnlyDictionary<Defect, int> Bad(string type) => Find(type)?.Bad ?? new Dictionary<Defect, int>();

    /// <summary>The current JSON of a resource as it is served, or null.</summary>
    public byte[]? Read(string type, string id) =>
        Find(type) is { } store && store.Current(store.Find(id)) is { IsDeleted: false } version ? store.Text(version) : null;

    /// <summary>Creates or updates a resource and returns its new version number. An id in the JSON is kept; without one the server assigns
    /// it.</summary>
    public int Put(ReadOnlySpan<byte> json, DateTimeOffset? lastUpdated = null)
    {
        using var document = JsonDocument.Parse(json.ToArray());
        return Put(document.RootElement, null, lastUpdated).Version;
    }

    /// <summary>The current ids of a type by lastUpdated.</summary>
    public IReadOnlyList<string> Ids(string type) =>
        Find(type) is { } store ? [.. store.Read(store.Select(new VersionFilter())).Select(version => store.Id(version.Resource))] : [];

    /// <summary>The resources of a type that a reader cannot see yet, or null. The first search of Patient is the last one that misses the
    /// late patients.</summary>
    internal Func<int, bool>? LateRows(string type, bool isSearch)
    {
        if (_latePatients is not { } patients || type != "Patient" || Volatile.Read(ref _patientSearches) > 0)
            return null;
        if (isSearch && Interlocked.Increment(ref _patientSearches) > 1)
            return null;
        return number => number < patients.Count && patients.IsLate(number);
    }

    internal TypeStore? Find(string type) => _types.GetValueOrDefault(type);

    internal TypeStore Of(string type) => _types.GetOrAdd(type, name => new TypeStore(name, _arena));

    internal ResourceVersion Put(JsonElement resource, string? id, DateTimeOffset? lastUpdated = null, Defect defect = Defect.None)
    {
        var type = resource.GetProperty("resourceType").GetString()!;
        id ??= resource.TryGetProperty("id", out var own) && own.ValueKind == JsonValueKind.String ? own.GetString()! : NextId();
        var stamp = (lastUpdated ?? _options.Time.GetUtcNow()).UtcTicks;
        stamp -= stamp % TimeSpan.TicksPerMillisecond; // the stored text has milliseconds, and a search must agree with it
        var patient =
            type == "Patient" || ResourceText.PatientId(resource) is not { } patientId ? PatientKeys.None : Patients.Of(patientId);
        return Of(type)
            .Write(
                id,
                stamp,
                patient,
                defect,
                false,
                ResourceText.Identifiers(resource),
                version => ResourceText.Stamp(resource, id, version, stamp)
            );
    }

    internal ResourceVersion? Delete(string type, string id)
    {
        if (Find(type) is not { } store || store.Current(store.Find(id)) is not { } current)
            return null;
        var ticks = _options.Time.GetUtcNow().UtcTicks;
        return current.IsDeleted
            ? current
            : store.Write(id, ticks - ticks % TimeSpan.TicksPerMillisecond, current.Patient, Defect.None, true, [], _ => []);
    }

    /// <summary>A line of an NDJSON file, kept as it is.</summary>
    internal void Load(byte[] line)
    {
        using var document = JsonDocument.Parse(line);
        var resource = document.RootElement;
        var type = resource.GetProperty("resourceType").GetString()!;
        var patient =
            type == "Patient" || ResourceText.PatientId(resource) is not { } patientId ? PatientKeys.None : Patients.Of(patientId);
        Of(type)
            .Write(
                resource.GetProperty("id").GetString()!,
                ResourceText.LastUpdatedTicks(resource) ?? _options.EndOfData.UtcTicks,
                patient,
                Defect.None,
                false,
                ResourceText.Identifiers(resource),
                _ => line
            );
    }

    internal string NextId() => $"new-{Interlocked.Increment(ref _lastAssignedId)}";
}

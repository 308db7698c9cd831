using System.Runtime.InteropServices;
using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Fhir;

/// <summary>
/// All versions of all resources of one type. Versions are never changed, only added; `_order` keeps them by lastUpdated, and the ones that
/// a newer version has replaced are skipped when it is read. One lock, held for scans over integers and never while text is made or sent.
/// </summary>
internal sealed class TypeStore
{
    private readonly SeededType? _seed;
    private readonly Func<long>? _visibleUntil;
    private readonly ByteArena _arena;
    private readonly List<ResourceVersion> _versions = [];
    private readonly List<int> _current = [];
    private readonly List<int> _order = [];
    private readonly List<string> _ids = [];
    private readonly Dictionary<string, int> _numbers = [];
    private readonly Lock _gate = new();
    private readonly IdentifierIndex _identifiers = new();
    private bool _isSeedIndexed;
    private readonly int[] _defects = new int[Enum.GetValues<Defect>().Length];
    private bool _isOrderStale;
    private int _live;

    /// <param name="visibleUntil">Seeded resources that were committed after this instant are not there yet.</param>
    public TypeStore(string type, ByteArena arena, SeededType? seed = null, Func<long>? visibleUntil = null)
    {
        _visibleUntil = visibleUntil;
        Type = type;
        _arena = arena;
        _seed = seed;
        if (seed is null)
            return;
        _versions.Capacity = _current.Capacity = _order.Capacity = seed.Count;
        for (var number = 0; number < seed.Count; number++)
        {
            var patient =
                seed.PatientOf(number) ?? (seed is SyntheticType && type != "Patient" ? PatientKeys.NeverWritten : PatientKeys.None);
            Add(
                new ResourceVersion
                {
                    Resource = number,
                    Version = 1,
                    LastUpdatedTicks = seed.CommitTicks(number),
                    Patient = patient,
                    Position = ResourceVersion.Rendered,
                    Defect = seed.DefectOf(number),
                }
            );
        }
    }

    public string Type { get; }

    /// <summary>Resources that exist now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _live;
        }
    }

    /// <summary>How many of them are bad, by what is wrong with them.</summary>
    public IReadOnlyDictionary<Defect, int> Bad
    {
        get
        {
            lock (_gate)
                return Enum.GetValues<Defect>()
                    .Where(defect => defect != Defect.None && _defects[(int)defect] > 0)
                    .ToDictionary(defect => defect, defect => _defects[(int)defect]);
        }
    }

    /// <summary>The resource's number, or -1.</summary>
    public int Find(string id)
    {
        if (_seed is not null && _seed.TryParseId(id, out var number))
            return number;
        lock (_gate)
            return _numbers.GetValueOrDefault(id, -1);
    }

    public string Id(int resource)
    {
        if (_seed is not null && resource < _seed.Count)
            return _seed.Id(resource);
        lock (_gate)
            return _ids[resource - (_seed?.Count ?? 0)];
    }

    public void AppendId(int resource, Utf8Builder text)
    {
        if (_seed is not null && resource < _seed.Count)
            _seed.AppendId(resource, text);
        else
            text.Append(Id(resource));
    }

    public ResourceVersion? Current(int resource)
    {
        var visibleUntil = _visibleUntil?.Invoke() ?? long.MaxValue;
        lock (_gate)
            return resource < 0 || resource >= _current.Count || !IsVisible(_versions[_current[resource]], visibleUntil)
                ? null
                : _versions[_current[resource]];
    }

    /// <summary>The versions with these indexes.</summary>
    public ResourceVersion[] Read(ReadOnlySpan<int> indexes)
    {
        var versions = new ResourceVersion[indexes.Length];
        lock (_gate)
        {
            for (var i = 0; i < indexes.Length; i++)
                versions[i] = _versions[indexes[i]];
        }
        return versions;
    }

    /// <summary>
    /// Adds a version written by a client or loaded from a file; a new id becomes a new resource. <paramref name="text"/> makes its JSON
    /// from the resource's number and version, which are only known here.
    /// </summary>
    public ResourceVersion Write(
        string id,
        long lastUpdatedTicks,
        int patient,
        Defect defect,
        bool isDeleted,
        string[] identifiers,
        Func<int, byte[]> text
    )
    {
        // The text is made under the lock: two writers of one resource must not both make version 2.
        lock (_gate)
        {
            var resource = _seed is not null && _seed.TryParseId(id, out var number) ? number : _numbers.GetValueOrDefault(id, -1);
            if (resource < 0)
            {
                resource = (_seed?.Count ?? 0) + _ids.Count;
                _ids.Add(id);
                _numbers.Add(id, resource);
            }
            var version = resource < _current.Count ? _versions[_current[resource]].Version + 1 : 1;
            var bytes = text(version);
            var added = new ResourceVersion
            {
                Resource = resource,
                Version = version,
                LastUpdatedTicks = lastUpdatedTicks,
                Patient = patient,
                Position = bytes.Length == 0 ? 0 : _arena.Add(bytes),
                Length = bytes.Length,
                Defect = defect,
                IsDeleted = isDeleted,
            };
            Add(added);
            _identifiers.Set(resource, identifiers);
            return added;
        }
    }

    public void AppendText(in ResourceVersion version, Utf8Builder text)
    {
        if (version.Position == ResourceVersion.Rendered)
            _seed!.Render(version.Resource, text);
        else
            text.Append(_arena.Read(version.Position, version.Length));
    }

    public byte[] Text(in ResourceVersion version)
    {
        var builder = Utf8Builder.Rent();
        AppendText(version, builder);
        var bytes = builder.Span.ToArray();
        builder.Return();
        return bytes;
    }

    /// <summary>The newest version that is not bad, or, for a synthetic resource that never was good, what it was meant to be.</summary>
    public byte[]? GoodText(int resource)
    {
        ResourceVersion? good = null;
        lock (_gate)
        {
            foreach (var version in CollectionsMarshal.AsSpan(_versions))
            {
                if (version.Resource == resource && version.Defect == Defect.None && !version.IsDeleted)
                    good = version;
            }
        }
        return good is { } found ? Text(found)
            : _seed is not null && resource < _seed.Count ? _seed.RenderGoodBytes(resource)
            : null;
    }

    /// <summary>Indexes of the current versions that pass, by lastUpdated.</summary>
    public int[] Select(VersionFilter filter, bool descending = false)
    {
        var visibleUntil = _visibleUntil?.Invoke() ?? long.MaxValue;
        lock (_gate)
        {
            var selected = new List<int>(filter.IsEverything ? _live : 16);
            if (filter.Resources is { } resources)
            {
                foreach (var resource in resources.Distinct())
                {
                    if (resource >= 0 && resource < _current.Count && Passes(_current[resource], filter, visibleUntil))
                        selected.Add(_current[resource]);
                }
                selected.Sort(CompareByTime);
            }
            else
            {
                SortOrder();
                foreach (var index in CollectionsMarshal.AsSpan(_order))
                {
                    if (_current[_versions[index].Resource] == index && Passes(index, filter, visibleUntil))
                        selected.Add(index);
                }
            }
            if (descending)
                selected.Reverse();
            return [.. selected];
        }
    }

    /// <summary>Indexes of all versions, deletions too, newest first; of one resource if one is given.</summary>
    public int[] History(int? resource, long sinceTicks)
    {
        lock (_gate)
        {
            SortOrder();
            var visibleUntil = _visibleUntil?.Invoke() ?? long.MaxValue;
            var selected = _order.FindAll(index =>
                _versions[index].LastUpdatedTicks >= sinceTicks
                && IsVisible(_versions[index], visibleUntil)
                && (resource is null || _versions[index].Resource == resource)
            );
            selected.Reverse();
            return [.. selected];
        }
    }

    /// <summary>The index of one version of a resource, or -1.</summary>
    public int IndexOf(int resource, int version)
    {
        lock (_gate)
            return _versions.FindIndex(candidate => candidate.Resource == resource && candidate.Version == version);
    }

    /// <summary>The resources whose current version has the identifier: `system|value`, or a value alone for any system.</summary>
    public int[] FindByIdentifier(string key)
    {
        lock (_gate)
        {
            if (!_isSeedIndexed && _seed is not null)
                IndexSeed(_seed);
            return [.. _identifiers.Find(key)];
        }
    }

    /// <summary>Rendered resources are indexed at the first search by identifier; the versions of clients are indexed when they are
    /// written.</summary>
    private void IndexSeed(SeededType seed)
    {
        _isSeedIndexed = true;
        var builder = new Utf8Builder();
        for (var number = 0; number < seed.Count; number++)
        {
            if (_versions[_current[number]].Position != ResourceVersion.Rendered)
                continue;
            builder.Truncate(0);
            seed.Render(number, builder);
            var reader = new System.Text.Json.Utf8JsonReader(builder.Span);
            using var document = System.Text.Json.JsonDocument.ParseValue(ref reader);
            _identifiers.Set(number, ResourceText.Identifiers(document.RootElement));
        }
    }

    private bool Passes(int index, VersionFilter filter, long visibleUntil)
    {
        ref readonly var version = ref CollectionsMarshal.AsSpan(_versions)[index];
        return !version.IsDeleted && IsVisible(version, visibleUntil) && filter.Passes(version);
    }

    private static bool IsVisible(in ResourceVersion version, long visibleUntil) =>
        version.Position != ResourceVersion.Rendered || version.LastUpdatedTicks <= visibleUntil;

    private void Add(in ResourceVersion version)
    {
        var index = _versions.Count;
        _versions.Add(version);
        if (version.Resource == _current.Count)
        {
            _current.Add(index);
        }
        else
        {
            var replaced = _versions[_current[version.Resource]];
            if (!replaced.IsDeleted)
            {
                _live--;
                _defects[(int)replaced.Defect]--;
            }
            _current[version.Resource] = index;
        }
        if (!version.IsDeleted)
        {
            _live++;
            _defects[(int)version.Defect]++;
        }
        _isOrderStale |= _order.Count > 0 && _versions[_order[^1]].LastUpdatedTicks > version.LastUpdatedTicks;
        _order.Add(index);
    }

    private void SortOrder()
    {
        if (_isOrderStale)
            _order.Sort(CompareByTime);
        _isOrderStale = false;
    }

    private int CompareByTime(int left, int right)
    {
        var byTime = _versions[left].LastUpdatedTicks.CompareTo(_versions[right].LastUpdatedTicks);
        return byTime != 0 ? byTime : left.CompareTo(right);
    }
}

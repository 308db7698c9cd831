namespace Interop.Sandbox.Fhir;

/// <summary>Resources by their current identifiers. Not thread-safe: the type's lock guards it.</summary>
internal sealed class IdentifierIndex
{
    private readonly Dictionary<string, List<int>> _resources = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string[]> _keys = [];

    /// <summary>Replaces the identifiers of a resource.</summary>
    public void Set(int resource, string[] keys)
    {
        if (_keys.TryGetValue(resource, out var old))
        {
            foreach (var key in old)
                _resources[key].Remove(resource);
        }
        else if (keys.Length == 0)
        {
            return;
        }
        _keys[resource] = keys;
        foreach (var key in keys)
        {
            if (!_resources.TryGetValue(key, out var resources))
                _resources.Add(key, resources = []);
            resources.Add(resource);
        }
    }

    /// <param name="key">`system|value`, or a value alone for any system.</param>
    public IReadOnlyList<int> Find(string key) => _resources.TryGetValue(key, out var resources) ? resources : [];
}

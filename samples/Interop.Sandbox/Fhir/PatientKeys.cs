namespace Interop.Sandbox.Fhir;

/// <summary>
/// Patient ids as numbers, whether or not such a patient exists: every version carries its patient's key, so that a search by patient is a
/// scan over integers.
/// </summary>
internal sealed class PatientKeys(SeededType? synthetic)
{
    public const int None = -1;

    /// <summary>The data refers to a patient that does not exist on the server.</summary>
    public const int NeverWritten = -2;

    private readonly Dictionary<string, int> _keys = [];
    private readonly List<string> _ids = [];
    private readonly Lock _gate = new();

    private int SyntheticCount => synthetic?.Count ?? 0;

    public int Of(string id)
    {
        if (synthetic is not null && synthetic.TryParseId(id, out var number))
            return number;
        lock (_gate)
        {
            if (_keys.TryGetValue(id, out var key))
                return key;
            key = SyntheticCount + _ids.Count;
            _ids.Add(id);
            _keys.Add(id, key);
            return key;
        }
    }

    public string? IdOf(int key)
    {
        if (key < 0)
            return null;
        if (key < SyntheticCount)
            return synthetic!.Id(key);
        lock (_gate)
            return _ids[key - SyntheticCount];
    }
}

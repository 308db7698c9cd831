namespace Interop.Anomaly.Features;

/// <summary>
/// The features of one access: the value that the model sees, and, for the words, the plain value (a count) and the agent's own norm. It
/// writes into memory of the caller.
/// </summary>
public readonly ref struct FeatureRow(Span<float> values, Span<float> plain, Span<float> norms)
{
    private readonly Span<float> _values = values;
    private readonly Span<float> _plain = plain;
    private readonly Span<float> _norms = norms;

    public float this[AccessFeature feature] => _values[(int)feature];

    public void Set(AccessFeature feature, float value) => Set(feature, value, value, 0);

    public void Set(AccessFeature feature, float value, float plain, float norm)
    {
        var at = (int)feature;
        _values[at] = float.IsFinite(value) ? value : 0;
        _plain[at] = plain;
        _norms[at] = norm;
    }

    /// <summary>Sets 0 below the floor, because differences among common values have no meaning.</summary>
    public void SetFrom(AccessFeature feature, float floor, float value) => SetFrom(feature, floor, value, value, 0);

    /// <inheritdoc cref="SetFrom(AccessFeature, float, float)"/>
    public void SetFrom(AccessFeature feature, float floor, float value, float plain, float norm) =>
        Set(feature, value < floor ? 0 : value, plain, norm);

    public void Clear()
    {
        _values.Clear();
        _plain.Clear();
        _norms.Clear();
    }
}

namespace Interop.Anomaly.Models;

/// <summary>Which values of a feature can be anomalous.</summary>
public enum FeatureDirection
{
    /// <summary>Low and high values.</summary>
    Both,

    /// <summary>High values only.</summary>
    High,
}

/// <summary>One column of a <see cref="FeatureTable"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Direction">Which of its values can be anomalous.</param>
/// <param name="Group">Columns of one group measure nearly the same: only the most surprising of them counts. 0: a group of its
/// own.</param>
public sealed record FeatureColumn(string Name, FeatureDirection Direction = FeatureDirection.Both, int Group = 0);

/// <summary>Rows of features, row by row in one array. All values are finite: NaN and infinities become 0.</summary>
public sealed class FeatureTable
{
    private float[] _values;

    public FeatureTable(IReadOnlyList<FeatureColumn> columns, int capacity = 256)
    {
        ArgumentOutOfRangeException.ThrowIfZero(columns.Count);
        Columns = columns;
        _values = new float[capacity * columns.Count];
    }

    public IReadOnlyList<FeatureColumn> Columns { get; }

    public int Count { get; private set; }

    public ReadOnlySpan<float> this[int row] => _values.AsSpan(row * Columns.Count, Columns.Count);

    /// <summary>Appends one row.</summary>
    /// <exception cref="ArgumentException">The row has another number of values than the table has columns.</exception>
    public void Add(ReadOnlySpan<float> row)
    {
        if (row.Length != Columns.Count)
            throw new ArgumentException($"A row of {row.Length} values for a table of {Columns.Count} columns", nameof(row));
        var start = Count * Columns.Count;
        if (start + row.Length > _values.Length)
            Array.Resize(ref _values, Math.Max(_values.Length * 2, row.Length * 16));
        for (var i = 0; i < row.Length; i++)
            _values[start + i] = float.IsFinite(row[i]) ? row[i] : 0;
        Count++;
    }

    public void Clear() => Count = 0;

    /// <summary>Copies rows column by column: the values of one column lie next to each other. Rows beyond the end keep what they
    /// hold.</summary>
    /// <returns>How many rows there were.</returns>
    internal int CopyColumns(int first, int rows, Span<float> block)
    {
        var count = Math.Min(rows, Count - first);
        for (var row = 0; row < count; row++)
        {
            var values = this[first + row];
            for (var column = 0; column < values.Length; column++)
                block[(column * rows) + row] = values[column];
        }

        return count;
    }

    /// <summary>One column's values, sorted ascending.</summary>
    internal float[] Sorted(int column)
    {
        var values = new float[Count];
        for (var row = 0; row < Count; row++)
            values[row] = _values[(row * Columns.Count) + column];
        Array.Sort(values);
        return values;
    }
}

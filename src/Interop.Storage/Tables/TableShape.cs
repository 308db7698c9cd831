using System.Collections.Immutable;

namespace Interop.Storage;

/// <summary>The columns of a table that take bulk writes, and which of them are its key. Two shapes with the same parts are equal.</summary>
public sealed record TableShape
{
    private readonly int _hashCode;

    /// <param name="name">The table's name; it is always quoted.</param>
    /// <param name="columns">At least one; they need not be all of the table's.</param>
    /// <param name="key">The names of the columns under a unique constraint, by which rows are the same row.</param>
    /// <exception cref="ArgumentException">No columns, a name twice, or a key that is no column.</exception>
    public TableShape(string name, ImmutableArray<Column> columns, ImmutableArray<string> key)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (columns.IsDefaultOrEmpty || columns.Length > short.MaxValue)
            throw new ArgumentException($"Table {name} needs between 1 and {short.MaxValue} columns", nameof(columns));
        if (key.IsDefaultOrEmpty)
            throw new ArgumentException($"Table {name} needs a key", nameof(key));
        if (columns.GroupBy(column => column.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"Table {name} has the column {twice.Key} twice", nameof(columns));

        Name = name;
        Columns = columns;
        Key = key;
        KeyColumns = [.. key.Select(part => IndexOf(part))];
        if (KeyColumns.Distinct().Count() != KeyColumns.Length)
            throw new ArgumentException($"The key of table {name} has a column twice", nameof(key));
        TimestampColumns = columns.Count(column => column.Type == ColumnType.Timestamp);
        _hashCode = HashCode.Combine(name, string.Join('\n', columns), string.Join('\n', key));

        int IndexOf(string part)
        {
            for (var i = 0; i < columns.Length; i++)
                if (columns[i].Name == part)
                    return i;
            throw new ArgumentException($"The key column {part} is no column of table {name}", nameof(key));
        }
    }

    public string Name { get; }

    public ImmutableArray<Column> Columns { get; }

    public ImmutableArray<string> Key { get; }

    /// <summary>The key's columns as positions in <see cref="Columns"/>.</summary>
    internal ImmutableArray<int> KeyColumns { get; }

    internal int TimestampColumns { get; }

    public bool Equals(TableShape? other) =>
        ReferenceEquals(this, other)
        || (other is not null && _hashCode == other._hashCode && Name == other.Name
            && Columns.SequenceEqual(other.Columns) && Key.SequenceEqual(other.Key));

    public override int GetHashCode() => _hashCode;

    public override string ToString() => $"{Name}({string.Join(", ", Columns.Select(column => column.Name))})";
}

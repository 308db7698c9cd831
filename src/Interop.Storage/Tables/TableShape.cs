using System.Collections.Immutable;

namespace Interop.Storage;

/// <summary>The columns of a table for bulk writes, and its key. Two shapes with the same parts are equal.</summary>
public sealed record TableShape
{
    private readonly int _hashCode;

    /// <summary>Checks the parts.</summary>
    /// <param name="name">The table's name. It is always quoted.</param>
    /// <param name="columns">At least one. They may be a part of the table's columns.</param>
    /// <param name="key">The names of the columns of a unique constraint. Two rows with equal values there are the same row.</param>
    /// <exception cref="ArgumentException">No columns, a name that occurs twice, or a key that is not a column.</exception>
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
            throw new ArgumentException($"The key column {part} is not a column of table {name}", nameof(key));
        }
    }

    /// <summary>The table's name.</summary>
    public string Name { get; }

    /// <summary>The columns in the order in which a batch writes them.</summary>
    public ImmutableArray<Column> Columns { get; }

    /// <summary>The names of the key's columns.</summary>
    public ImmutableArray<string> Key { get; }

    /// <summary>The key's columns as positions in <see cref="Columns"/>.</summary>
    internal ImmutableArray<int> KeyColumns { get; }

    internal int TimestampColumns { get; }

    /// <inheritdoc/>
    public bool Equals(TableShape? other) =>
        ReferenceEquals(this, other)
        || (
            other is not null
            && _hashCode == other._hashCode
            && Name == other.Name
            && Columns.SequenceEqual(other.Columns)
            && Key.SequenceEqual(other.Key)
        );

    /// <inheritdoc/>
    public override int GetHashCode() => _hashCode;

    /// <inheritdoc/>
    public override string ToString() => $"{Name}({string.Join(", ", Columns.Select(column => column.Name))})";
}

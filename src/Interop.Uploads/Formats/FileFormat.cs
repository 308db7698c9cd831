using System.Collections.Immutable;
using Interop.Uploads.Csv;

namespace Interop.Uploads.Formats;

/// <summary>A column of a file. The row's stored fields have the order of the format's columns, whatever the order in the file.</summary>
internal sealed record FormatColumn(string Name, bool IsRequired = true);

/// <summary>What one kind of file holds: its columns and the check of a row.</summary>
internal abstract class FileFormat
{
    public abstract IReadOnlyList<FormatColumn> Columns { get; }

    /// <summary>The status of a valid row that was just stored.</summary>
    public virtual string InitialStatus => RowStatus.Pending;

    /// <summary>What is wrong with a row, or null.</summary>
    /// <param name="fields">One per column; an absent optional column is empty.</param>
    public abstract string? Problem(string[] fields);

    /// <summary>The fields of a row for a preview.</summary>
    /// <param name="mapped">What each field becomes; null for a bad row.</param>
    public ImmutableArray<PreviewField> Preview(string[] fields, IReadOnlyList<string?>? mapped) =>
        [.. Columns.Select((column, i) => new PreviewField(column.Name, fields[i], mapped?[i]))];

    /// <summary>The positions of the columns in the file; -1 for an absent optional column.</summary>
    /// <exception cref="CsvException">A required column is missing.</exception>
    public int[] Locate(string[] header)
    {
        var names = Array.ConvertAll(header, ColumnName.Fold);
        var missing = Columns
            .Where(column => column.IsRequired && !names.Contains(ColumnName.Fold(column.Name)))
            .Select(column => column.Name)
            .ToArray();
        if (missing.Length > 0)
            throw new CsvException(FileRefusalReason.MissingColumns, string.Join(", ", missing), 1);
        return [.. Columns.Select(column => Array.IndexOf(names, ColumnName.Fold(column.Name)))];
    }
}

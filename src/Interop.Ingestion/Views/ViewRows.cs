using System.Text.Json;
using Interop.Fhir.Views;
using Interop.Storage;

namespace Interop.Ingestion.Views;

/// <summary>Collects the rows of one view table, resource by resource, for the bulk upsert.</summary>
internal sealed class ViewRows(ViewTable table) : IViewRowSink, IDisposable
{
    private readonly int _idColumn = IndexOfId(table.View.Columns);
    private readonly bool[] _hasInterval = [.. table.View.Columns.Select(table.HasInterval)];
    private RowOrigin _origin;
    private int _column;
    private long _rowIndex;

    public ViewTable Table { get; } = table;

    public RowBatch Batch { get; } = new(table.Shape);

    /// <summary>Appends the rows of a resource: all of them, or none when it throws.</summary>
    /// <returns>The number of rows.</returns>
    /// <exception cref="ViewEvaluationException">The resource's values do not fit the view.</exception>
    public int Append(JsonElement resource, in RowOrigin origin, CancellationToken cancellationToken = default)
    {
        var before = Batch.Count;
        _origin = origin;
        _rowIndex = 0;
        try
        {
            return Table.View.Run(resource, this, cancellationToken: cancellationToken);
        }
        catch
        {
            Batch.Truncate(before);
            throw;
        }
    }

    public void Dispose() => Batch.Dispose();

    void IViewRowSink.BeginRow()
    {
        Batch.BeginRow();
        Batch.WriteText(_origin.Source);
        Batch.WriteText(_origin.Id);
        if (Table.HasManyRows)
            Batch.WriteInteger(_rowIndex);
        _rowIndex++;
        _column = 0;
    }

    void IViewRowSink.EndRow()
    {
        Batch.WriteInteger(_origin.RunId);
        if (Table.Layout > 1)
            Batch.WriteTimestamp(_origin.LoadedAt);
        else if (!Table.HasManyRows)
            Batch.WriteUtf8(_origin.Raw.Span);
    }

    void IViewRowSink.Null()
    {
        if (!IsOwn())
            return;
        Batch.WriteNull();
        WriteInterval(default);
    }

    void IViewRowSink.Boolean(bool value)
    {
        if (!IsOwn())
            return;
        if (Batch.NextType == ColumnType.Boolean)
            Batch.WriteBoolean(value);
        else
            Batch.WriteUtf8(value ? "true"u8 : "false"u8);
    }

    void IViewRowSink.Integer(long value)
    {
        if (!IsOwn())
            return;
        if (Batch.NextType == ColumnType.Integer)
        {
            Batch.WriteInteger(value);
            return;
        }

        Span<byte> digits = stackalloc byte[20];
        value.TryFormat(digits, out var length, default, System.Globalization.CultureInfo.InvariantCulture);
        WriteDigits(digits[..length]);
    }

    void IViewRowSink.Numeric(ReadOnlySpan<byte> digits)
    {
        if (IsOwn())
            WriteDigits(digits);
    }

    void IViewRowSink.Text(ReadOnlySpan<byte> utf8)
    {
        if (!IsOwn())
            return;
        WriteDigits(utf8);
        WriteInterval(utf8);
    }

    void IViewRowSink.Json(ReadOnlySpan<byte> utf8)
    {
        if (IsOwn())
            Batch.WriteUtf8(utf8);
    }

    /// <summary>The interval of a date, in the two columns after it; nulls for a text that is no date.</summary>
    private void WriteInterval(ReadOnlySpan<byte> date)
    {
        if (!_hasInterval[_column - 1])
            return;
        if (DateInterval.TryParse(date, out var interval))
        {
            Batch.WriteTimestamp(interval.Start);
            Batch.WriteTimestamp(interval.End);
        }
        else
        {
            Batch.WriteNull();
            Batch.WriteNull();
        }
    }

    private void WriteDigits(ReadOnlySpan<byte> text)
    {
        if (Batch.NextType == ColumnType.Numeric)
            Batch.WriteNumeric(text);
        else
            Batch.WriteUtf8(text);
    }

    // The id column of the view is written before the view's columns (BeginRow): skip it here.
    private bool IsOwn() => _column++ != _idColumn;

    private static int IndexOfId(IReadOnlyList<ViewColumn> columns)
    {
        for (var i = 0; i < columns.Count; i++)
        {
            if (ViewTable.IsId(columns[i]))
                return i;
        }

        return -1;
    }
}

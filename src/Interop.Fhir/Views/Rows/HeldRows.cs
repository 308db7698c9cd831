using System.Buffers;

namespace Interop.Fhir.Views.Rows;

/// <summary>
/// Holds the rows of one resource until the view has finished: a view can fail in the middle of a row, and a resource has all its rows or
/// none. Reused for the next resource.
/// </summary>
public sealed class HeldRows : IViewRowSink
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<Cell> _cells = [];

    private enum CellKind
    {
        BeginRow,
        Null,
        Boolean,
        Integer,
        Numeric,
        Text,
        Json,
        EndRow,
    }

    /// <summary>Writes the held rows to a sink and forgets them.</summary>
    public void MoveTo(IViewRowSink sink)
    {
        var rest = _bytes.WrittenSpan;
        foreach (var cell in _cells)
        {
            switch (cell.Kind)
            {
                case CellKind.BeginRow:
                    sink.BeginRow();
                    break;
                case CellKind.Null:
                    sink.Null();
                    break;
                case CellKind.Boolean:
                    sink.Boolean(cell.Value != 0);
                    break;
                case CellKind.Integer:
                    sink.Integer(cell.Value);
                    break;
                case CellKind.Numeric:
                    sink.Numeric(Take(ref rest, cell));
                    break;
                case CellKind.Text:
                    sink.Text(Take(ref rest, cell));
                    break;
                case CellKind.Json:
                    sink.Json(Take(ref rest, cell));
                    break;
                default:
                    sink.EndRow();
                    break;
            }
        }

        Clear();
    }

    /// <summary>Forgets the rows.</summary>
    public void Clear()
    {
        _bytes.ResetWrittenCount();
        _cells.Clear();
    }

    /// <inheritdoc/>
    public void BeginRow() => _cells.Add(new Cell(CellKind.BeginRow));

    /// <inheritdoc/>
    public void Null() => _cells.Add(new Cell(CellKind.Null));

    /// <inheritdoc/>
    public void Boolean(bool value) => _cells.Add(new Cell(CellKind.Boolean, value ? 1 : 0));

    /// <inheritdoc/>
    public void Integer(long value) => _cells.Add(new Cell(CellKind.Integer, value));

    /// <inheritdoc/>
    public void Numeric(ReadOnlySpan<byte> digits) => Add(CellKind.Numeric, digits);

    /// <inheritdoc/>
    public void Text(ReadOnlySpan<byte> utf8) => Add(CellKind.Text, utf8);

    /// <inheritdoc/>
    public void Json(ReadOnlySpan<byte> utf8) => Add(CellKind.Json, utf8);

    /// <inheritdoc/>
    public void EndRow() => _cells.Add(new Cell(CellKind.EndRow));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, Cell cell)
    {
        var taken = rest[..(int)cell.Value];
        rest = rest[(int)cell.Value..];
        return taken;
    }

    private void Add(CellKind kind, ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        _cells.Add(new Cell(kind, bytes.Length));
    }

    /// <param name="Kind">Which call it was.</param>
    /// <param name="Value">The number, or how many bytes are its own.</param>
    private readonly record struct Cell(CellKind Kind, long Value = 0);
}

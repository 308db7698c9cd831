using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Interop.Storage;

/// <summary>
/// Rows on their way into a table, in one pooled buffer that is used again after <see cref="Clear"/>: no object per row, none per value.
/// A row is begun and then takes one value per column, in the shape's order. Not for use by two threads at once.
/// </summary>
/// <remarks>
/// The rows are held as PostgreSQL's binary COPY has them (https://www.postgresql.org/docs/current/sql-copy.html, "Tuples"): a 16-bit
/// count of fields, then per field its 32-bit length (-1: null) and its bytes, big-endian; so they go to the server without another copy.
/// An instant is microseconds there; the tenths of a microsecond that SQLite keeps lie in a second, small buffer.
/// </remarks>
public sealed class RowBatch : IDisposable
{
    private const int FieldHeader = sizeof(int);
    private static readonly long PostgresEpochTicks = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    private readonly RowBatch? _whole; // of a slice: the batch that owns the buffers
    private readonly int _first;
    private readonly int _sliceCount;
    private readonly int _generationOfSlice;

    private byte[] _bytes = [];
    private int _end;
    private int[] _rowEnds = [];
    private byte[] _tenths = [];
    private int _rows;
    private int _nextColumn;
    private int _nextTenth;
    private bool _rowOpen;
    private int _generation;
    private bool _disposed;

    public RowBatch(TableShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        Shape = shape;
    }

    private RowBatch(RowBatch whole, int first, int count)
    {
        Shape = whole.Shape;
        _whole = whole;
        _first = first;
        _sliceCount = count;
        _generationOfSlice = whole._generation;
    }

    public TableShape Shape { get; }

    /// <summary>Complete rows.</summary>
    public int Count => _whole is null ? _rows : _sliceCount;

    /// <summary>What the row that was begun takes next.</summary>
    /// <exception cref="InvalidOperationException">No row was begun.</exception>
    public ColumnType NextType =>
        _rowOpen
            ? Shape.Columns[_nextColumn].Type
            : throw new InvalidOperationException(
                $"A value for table {Shape.Name} outside a row: its {Shape.Columns.Length} columns are written, or no row was begun");

    /// <summary>The size of the complete rows.</summary>
    public long Bytes => Encoded.Length;

    /// <summary>Begins the next row; the one before must be complete.</summary>
    /// <exception cref="InvalidOperationException">The row before lacks columns, or this is a slice.</exception>
    public void BeginRow()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_whole is not null)
            throw new InvalidOperationException("A slice of a batch takes no rows");
        if (_rowOpen)
            throw new InvalidOperationException($"The row before lacks the column {Shape.Columns[_nextColumn].Name} of table {Shape.Name}");
        Reserve(sizeof(short));
        BinaryPrimitives.WriteInt16BigEndian(_bytes.AsSpan(_end), (short)Shape.Columns.Length);
        _end += sizeof(short);
        _nextColumn = 0;
        _nextTenth = _rows * Shape.TimestampColumns;
        _rowOpen = true;
    }

    /// <summary>Takes back the rows after the first <paramref name="count"/>, and one that was begun and cannot be completed.</summary>
    public void Truncate(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _rows);
        _rows = count;
        _end = count == 0 ? 0 : _rowEnds[count - 1];
        _rowOpen = false;
    }

    public void WriteNull()
    {
        var type = NextType;
        Reserve(FieldHeader);
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(_end), -1);
        _end += FieldHeader;
        if (type == ColumnType.Timestamp)
            AddTenth(0);
        FinishField();
    }

    /// <summary>Text or Json; null is null. An unpaired surrogate becomes U+FFFD.</summary>
    public void WriteText(string? value)
    {
        if (value is null)
        {
            WriteNull();
            return;
        }
        Expect(NextType is ColumnType.Text or ColumnType.Json, "text");
        Reserve(FieldHeader + Encoding.UTF8.GetMaxByteCount(value.Length));
        var length = Encoding.UTF8.GetBytes(value, _bytes.AsSpan(_end + FieldHeader));
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(_end), length);
        _end += FieldHeader + length;
        FinishField();
    }

    /// <summary>Text or Json as its UTF-8 bytes.</summary>
    public void WriteUtf8(ReadOnlySpan<byte> value)
    {
        Expect(NextType is ColumnType.Text or ColumnType.Json, "UTF-8 text");
        WriteField(value);
    }

    public void WriteInteger(long value)
    {
        Expect(NextType == ColumnType.Integer, "an integer");
        Span<byte> field = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(field, value);
        WriteField(field);
    }

    public void WriteBoolean(bool value)
    {
        Expect(NextType == ColumnType.Boolean, "a boolean");
        WriteField([value ? (byte)1 : (byte)0]);
    }

    public void WriteReal(double value)
    {
        Expect(NextType == ColumnType.Real, "a real number");
        Span<byte> field = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleBigEndian(field, value);
        WriteField(field);
    }

    /// <summary>A decimal number as its text, such as <c>-12.50</c> or <c>1e-3</c>: it may have more digits than a .NET decimal.</summary>
    /// <exception cref="ArgumentException">The text is no decimal number.</exception>
    public void WriteNumeric(ReadOnlySpan<byte> digits)
    {
        Expect(NextType == ColumnType.Numeric, "a number");
        // Checked here because SQLite would keep any text as it is.
        if (!DecimalText.IsNumber(digits))
            throw new ArgumentException($"What was given for the column {Shape.Columns[_nextColumn].Name} is no decimal number", nameof(digits));
        WriteField(digits);
    }

    public void WriteTimestamp(DateTimeOffset value)
    {
        Expect(NextType == ColumnType.Timestamp, "an instant");
        var (microseconds, tenth) = Math.DivRem(value.UtcTicks - PostgresEpochTicks, TimeSpan.TicksPerMicrosecond);
        if (tenth < 0) // before 2000, round down as well
            (microseconds, tenth) = (microseconds - 1, tenth + TimeSpan.TicksPerMicrosecond);
        Span<byte> field = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(field, microseconds);
        AddTenth((byte)tenth);
        WriteField(field);
    }

    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        Expect(NextType == ColumnType.Binary, "bytes");
        WriteField(value);
    }

    /// <summary>Forgets the rows and keeps the buffer. Slices made before cannot be used any more.</summary>
    public void Clear()
    {
        if (_whole is not null)
            throw new InvalidOperationException("Clear the batch, not a slice of it");
        _rows = 0;
        _end = 0;
        _rowOpen = false;
        _generation++;
    }

    /// <summary>A view of some of the rows, without a copy, valid until the batch is cleared or disposed.</summary>
    public RowBatch Slice(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + (long)count, Count, nameof(count));
        return new RowBatch(_whole ?? this, _first + start, count);
    }

    /// <summary>Appends a copy of a complete row of another batch of the same shape.</summary>
    public void AppendRow(RowBatch from, int row)
    {
        ArgumentNullException.ThrowIfNull(from);
        if (!ReferenceEquals(from.Shape, Shape))
            throw new ArgumentException($"The row is one of table {from.Shape.Name}, the batch is for {Shape.Name}", nameof(from));
        BeginRow();
        var fields = from.Row(row)[sizeof(short)..];
        Reserve(fields.Length);
        fields.CopyTo(_bytes.AsSpan(_end));
        _end += fields.Length;
        foreach (var tenth in from.TenthsOf(row))
            AddTenth(tenth);
        _nextColumn = Shape.Columns.Length - 1;
        FinishField();
    }

    /// <summary>Gives the buffers back. Disposing of a slice does nothing.</summary>
    public void Dispose()
    {
        if (_disposed || _whole is not null)
            return;
        _disposed = true;
        Clear();
        Return(ArrayPool<byte>.Shared, ref _bytes);
        Return(ArrayPool<byte>.Shared, ref _tenths);
        Return(ArrayPool<int>.Shared, ref _rowEnds);
    }

    /// <summary>All complete rows, one after another.</summary>
    internal ReadOnlyMemory<byte> Encoded
    {
        get
        {
            var owner = Owner();
            return Count == 0 ? default : owner._bytes.AsMemory(RowStart(0), RowStart(Count) - RowStart(0));
        }
    }

    /// <summary>One row: its count of fields, then its fields.</summary>
    internal ReadOnlySpan<byte> Row(int row) => Owner()._bytes.AsSpan(RowStart(row)..RowStart(row + 1));

    /// <summary>The tenths of a microsecond of the row's instants, one byte for each timestamp column.</summary>
    internal ReadOnlySpan<byte> TenthsOf(int row) =>
        Owner()._tenths.AsSpan((_first + row) * Shape.TimestampColumns, Shape.TimestampColumns);

    internal void EnsureComplete()
    {
        if (Owner() is { _rowOpen: true } owner)
            throw new InvalidOperationException($"The last row lacks the column {Shape.Columns[owner._nextColumn].Name} of table {Shape.Name}");
    }

    internal static DateTime Instant(long microseconds, byte tenth) =>
        new(PostgresEpochTicks + microseconds * TimeSpan.TicksPerMicrosecond + tenth, DateTimeKind.Utc);

    private int RowStart(int row) => _first + row == 0 ? 0 : Owner()._rowEnds[_first + row - 1];

    private RowBatch Owner()
    {
        ObjectDisposedException.ThrowIf((_whole ?? this)._disposed, this);
        if (_whole is not null && _whole._generation != _generationOfSlice)
            throw new InvalidOperationException("The batch was cleared after this slice was made");
        return _whole ?? this;
    }

    private void Expect(bool holds, string given)
    {
        if (!holds)
            throw new InvalidOperationException(
                $"The column {Shape.Columns[_nextColumn].Name} of table {Shape.Name} is {Shape.Columns[_nextColumn].Type}: {given} does not fit");
    }

    private void WriteField(ReadOnlySpan<byte> value)
    {
        Reserve(FieldHeader + (long)value.Length);
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(_end), value.Length);
        value.CopyTo(_bytes.AsSpan(_end + FieldHeader));
        _end += FieldHeader + value.Length;
        FinishField();
    }

    private void FinishField()
    {
        if (++_nextColumn < Shape.Columns.Length)
            return;
        if (_rows == _rowEnds.Length)
            Grow(ArrayPool<int>.Shared, ref _rowEnds, _rows, Math.Max(256, _rows * 2L));
        _rowEnds[_rows++] = _end;
        _rowOpen = false;
    }

    private void AddTenth(byte tenth)
    {
        if (_nextTenth == _tenths.Length)
            Grow(ArrayPool<byte>.Shared, ref _tenths, _nextTenth, Math.Max(256, _nextTenth * 2L));
        _tenths[_nextTenth++] = tenth;
    }

    private void Reserve(long size)
    {
        var needed = _end + size;
        if (needed <= _bytes.Length)
            return;
        if (needed > Array.MaxLength)
            throw new InvalidOperationException($"A batch holds at most {Array.MaxLength} bytes: write the {_rows} rows of table {Shape.Name} first");
        Grow(ArrayPool<byte>.Shared, ref _bytes, _end, Math.Max(needed, Math.Max(16 * 1024, _bytes.Length * 2L)));
    }

    private static void Grow<T>(ArrayPool<T> pool, ref T[] array, int used, long size)
    {
        var larger = pool.Rent((int)Math.Min(size, Array.MaxLength));
        array.AsSpan(0, used).CopyTo(larger);
        Return(pool, ref array);
        array = larger;
    }

    private static void Return<T>(ArrayPool<T> pool, ref T[] array)
    {
        if (array.Length > 0)
            pool.Return(array);
        array = [];
    }
}

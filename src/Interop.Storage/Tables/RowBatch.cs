using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Interop.Storage;

/// <summary>
/// Rows for a bulk write, in one pooled buffer without an object per row or value. <see cref="Clear"/> empties it for the next rows.
/// After <see cref="BeginRow"/> write one value per column, in the shape's order. One thread at a time may use a batch.
/// </summary>
/// <remarks>
/// The rows have the format of PostgreSQL's binary COPY (https://www.postgresql.org/docs/current/sql-copy.html, "Tuples"): a 16-bit count
/// of fields, then per field its 32-bit length (-1 for null) and its bytes, big-endian. So they are sent to the server without a copy. An
/// instant has microseconds there; the tenths of a microsecond, which SQLite stores too, are in a second, small buffer.
/// </remarks>
public sealed class RowBatch : IDisposable
{
    private const int FieldHeader = sizeof(int);
    private static readonly long PostgresEpochTicks = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    private readonly RowBatch? _whole; // only in a slice: the batch that owns the buffers
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

    /// <summary>An empty batch.</summary>
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

    /// <summary>The columns of the rows.</summary>
    public TableShape Shape { get; }

    /// <summary>The number of complete rows.</summary>
    public int Count => _whole is null ? _rows : _sliceCount;

    /// <summary>The type of the next value of the current row.</summary>
    /// <exception cref="InvalidOperationException">There is no current row.</exception>
    public ColumnType NextType =>
        _rowOpen
            ? Shape.Columns[_nextColumn].Type
            : throw new InvalidOperationException(
                $"A value for table {Shape.Name} outside a row: all {Shape.Columns.Length} columns are written, or BeginRow was not called"
            );

    /// <summary>The size of the complete rows in bytes.</summary>
    public long Bytes => Encoded.Length;

    /// <summary>Begins the next row. The previous row must be complete.</summary>
    /// <exception cref="InvalidOperationException">The previous row lacks columns, or this is a slice.</exception>
    public void BeginRow()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_whole is not null)
            throw new InvalidOperationException("Rows cannot be added to a slice of a batch");
        if (_rowOpen)
            throw new InvalidOperationException(
                $"The previous row lacks the column {Shape.Columns[_nextColumn].Name} of table {Shape.Name}"
            );
        Reserve(sizeof(short));
        BinaryPrimitives.WriteInt16BigEndian(_bytes.AsSpan(_end), (short)Shape.Columns.Length);
        _end += sizeof(short);
        _nextColumn = 0;
        _nextTenth = _rows * Shape.TimestampColumns;
        _rowOpen = true;
    }

    /// <summary>Removes the rows after the first <paramref name="count"/>, and an incomplete row.</summary>
    public void Truncate(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _rows);
        _rows = count;
        _end = count == 0 ? 0 : _rowEnds[count - 1];
        _rowOpen = false;
    }

    /// <summary>Writes null, in a column of any type.</summary>
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

    /// <summary>Writes Text or Json; null is written as null. A lone surrogate becomes U+FFFD.</summary>
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

    /// <summary>Writes Text or Json given as UTF-8 bytes.</summary>
    public void WriteUtf8(ReadOnlySpan<byte> value)
    {
        Expect(NextType is ColumnType.Text or ColumnType.Json, "UTF-8 text");
        WriteField(value);
    }

    /// <summary>Writes a 64-bit integer.</summary>
    public void WriteInteger(long value)
    {
        Expect(NextType == ColumnType.Integer, "an integer");
        Span<byte> field = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(field, value);
        WriteField(field);
    }

    /// <summary>Writes a boolean.</summary>
    public void WriteBoolean(bool value)
    {
        Expect(NextType == ColumnType.Boolean, "a boolean");
        WriteField([value ? (byte)1 : (byte)0]);
    }

    /// <summary>Writes a double.</summary>
    public void WriteReal(double value)
    {
        Expect(NextType == ColumnType.Real, "a real number");
        Span<byte> field = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleBigEndian(field, value);
        WriteField(field);
    }

    /// <summary>Writes a decimal number given as text, such as <c>-12.50</c> or <c>1e-3</c>. It may have more digits than a .NET
    /// decimal.</summary>
    /// <exception cref="ArgumentException">The text is not a decimal number.</exception>
    public void WriteNumeric(ReadOnlySpan<byte> digits)
    {
        Expect(NextType == ColumnType.Numeric, "a number");
        // SQLite would store any text unchanged.
        if (!DecimalText.IsNumber(digits))
            throw new ArgumentException(
                $"The value for the column {Shape.Columns[_nextColumn].Name} is not a decimal number",
                nameof(digits)
            );
        WriteField(digits);
    }

    /// <summary>Writes an instant. PostgreSQL stores whole microseconds, SQLite 100 ns.</summary>
    public void WriteTimestamp(DateTimeOffset value)
    {
        Expect(NextType == ColumnType.Timestamp, "an instant");
        var (microseconds, tenth) = Math.DivRem(value.UtcTicks - PostgresEpochTicks, TimeSpan.TicksPerMicrosecond);
        if (tenth < 0) // before 2000: round down too
            (microseconds, tenth) = (microseconds - 1, tenth + TimeSpan.TicksPerMicrosecond);
        Span<byte> field = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(field, microseconds);
        AddTenth((byte)tenth);
        WriteField(field);
    }

    /// <summary>Writes bytes.</summary>
    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        Expect(NextType == ColumnType.Binary, "bytes");
        WriteField(value);
    }

    /// <summary>Removes all rows and keeps the buffer. Earlier slices become unusable.</summary>
    public void Clear()
    {
        if (_whole is not null)
            throw new InvalidOperationException("Clear the batch, not a slice of it");
        _rows = 0;
        _end = 0;
        _rowOpen = false;
        _generation++;
    }

    /// <summary>Some of the rows, without a copy. A slice is usable until the batch is cleared or disposed.</summary>
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
            throw new ArgumentException($"The row belongs to table {from.Shape.Name}, the batch to {Shape.Name}", nameof(from));
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

    /// <summary>Returns the buffers to the pool. On a slice it does nothing.</summary>
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

    /// <summary>One row: the count of fields, then the fields.</summary>
    internal ReadOnlySpan<byte> Row(int row) => Owner()._bytes.AsSpan(RowStart(row)..RowStart(row + 1));

    /// <summary>The tenths of a microsecond of the row's instants, one byte for each timestamp column.</summary>
    internal ReadOnlySpan<byte> TenthsOf(int row) =>
        Owner()._tenths.AsSpan((_first + row) * Shape.TimestampColumns, Shape.TimestampColumns);

    internal void EnsureComplete()
    {
        if (Owner() is { _rowOpen: true } owner)
            throw new InvalidOperationException(
                $"The last row lacks the column {Shape.Columns[owner._nextColumn].Name} of table {Shape.Name}"
            );
    }

    internal static DateTime Instant(long microseconds, byte tenth) =>
        new(PostgresEpochTicks + microseconds * TimeSpan.TicksPerMicrosecond + tenth, DateTimeKind.Utc);

    private int RowStart(int row) => _first + row == 0 ? 0 : Owner()._rowEnds[_first + row - 1];

    private RowBatch Owner()
    {
        ObjectDisposedException.ThrowIf((_whole ?? this)._disposed, this);
        if (_whole is not null && _whole._generation != _generationOfSlice)
            throw new InvalidOperationException("The batch was cleared after this slice was created");
        return _whole ?? this;
    }

    private void Expect(bool holds, string given)
    {
        if (!holds)
            throw new InvalidOperationException(
                $"The column {Shape.Columns[_nextColumn].Name} of table {Shape.Name} is {Shape.Columns[_nextColumn].Type}: {given} cannot be written there"
            );
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
            throw new InvalidOperationException(
                $"A batch holds at most {Array.MaxLength} bytes: write the {_rows} rows of table {Shape.Name} first"
            );
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

using System.Buffers.Binary;
using System.Text;

namespace Interop.Storage;

/// <summary>Reads the fields of an encoded row in order.</summary>
internal ref struct FieldReader(ReadOnlySpan<byte> row)
{
    private readonly ReadOnlySpan<byte> _row = row;
    private int _position = sizeof(short);

    /// <returns>false when the field is null.</returns>
    public bool Next(out ReadOnlySpan<byte> field)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(_row[_position..]);
        _position += sizeof(int);
        if (length < 0)
        {
            field = default;
            return false;
        }
        field = _row.Slice(_position, length);
        _position += length;
        return true;
    }

    /// <summary>The position of the field's length; when the column is the number of columns, the row's end.</summary>
    public static int StartOf(ReadOnlySpan<byte> row, int column)
    {
        var position = sizeof(short);
        for (var i = 0; i < column; i++)
            position += sizeof(int) + Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(row[position..]));
        return position;
    }

    public static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> row, int column)
    {
        var start = StartOf(row, column);
        return row.Slice(start + sizeof(int), Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(row[start..])));
    }
}

/// <summary>An encoded field as readable text, for messages.</summary>
internal static class FieldText
{
    public static string Describe(ColumnType type, ReadOnlySpan<byte> field) =>
        type switch
        {
            _ when field.IsEmpty => "''",
            ColumnType.Integer => BinaryPrimitives.ReadInt64BigEndian(field).ToString(),
            ColumnType.Boolean => field[0] != 0 ? "true" : "false",
            ColumnType.Real => BinaryPrimitives.ReadDoubleBigEndian(field).ToString("R"),
            ColumnType.Timestamp => RowBatch.Instant(BinaryPrimitives.ReadInt64BigEndian(field), 0).ToString("O"),
            ColumnType.Binary => Convert.ToHexString(field),
            _ => $"'{Encoding.UTF8.GetString(field)}'",
        };
}

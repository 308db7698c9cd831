using System.Buffers;
using System.Buffers.Binary;

namespace Interop.Storage.Postgres;

/// <summary>
/// Encodes a batch's rows for a COPY into the target table. A batch holds a number as its text; here it becomes a binary numeric.
/// The buffer is used again for the next batch.
/// </summary>
internal sealed class BinaryRows
{
    private readonly ArrayBufferWriter<byte> _rows = new();
    private readonly ArrayBufferWriter<byte> _number = new();

    /// <summary>The rows, valid until the next call; null when a number is too long to be encoded here.</summary>
    public ReadOnlyMemory<byte>? TryEncode(RowBatch batch)
    {
        if (!batch.Shape.Columns.Any(column => column.Type == ColumnType.Numeric))
            return batch.Encoded;
        _rows.ResetWrittenCount();
        for (var row = 0; row < batch.Count; row++)
        {
            if (!TryEncode(batch.Row(row), batch.Shape))
                return null;
        }

        return _rows.WrittenMemory;
    }

    private bool TryEncode(ReadOnlySpan<byte> row, TableShape shape)
    {
        var (copied, position) = (0, sizeof(short));
        foreach (var column in shape.Columns)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(row[position..]);
            var end = position + sizeof(int) + Math.Max(0, length);
            if (column.Type == ColumnType.Numeric && length >= 0)
            {
                _number.ResetWrittenCount();
                if (!PostgresNumeric.TryWrite(row[(position + sizeof(int))..end], _number))
                    return false;
                _rows.Write(row[copied..position]);
                BinaryPrimitives.WriteInt32BigEndian(_rows.GetSpan(sizeof(int)), _number.WrittenCount);
                _rows.Advance(sizeof(int));
                _rows.Write(_number.WrittenSpan);
                copied = end;
            }

            position = end;
        }

        _rows.Write(row[copied..]);
        return true;
    }
}

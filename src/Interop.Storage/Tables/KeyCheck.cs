using System.Buffers;
using System.Buffers.Binary;

namespace Interop.Storage;

/// <summary>Finds rows of a batch with the same key. The database could not decide which of them to keep.</summary>
internal static class KeyCheck
{
    /// <exception cref="ArgumentException">Two rows have the same key; the message names it.</exception>
    public static void RefuseEqualKeys(RowBatch rows)
    {
        if (rows.Count < 2)
            return;
        // Open addressing over row numbers (0 is free), at most half full.
        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)rows.Count * 2);
        var slots = ArrayPool<int>.Shared.Rent(size);
        var scratch = new KeyReader(rows.Shape);
        var other = new KeyReader(rows.Shape);
        try
        {
            slots.AsSpan(0, size).Clear();
            for (var row = 0; row < rows.Count; row++)
            {
                var key = scratch.Read(rows.Row(row));
                var hash = new HashCode();
                hash.AddBytes(key);
                var slot = hash.ToHashCode() & (size - 1);
                while (slots[slot] != 0)
                {
                    if (other.Read(rows.Row(slots[slot] - 1)).SequenceEqual(key))
                        throw new ArgumentException(
                            $"Rows {slots[slot] - 1} and {row} of the batch for table {rows.Shape.Name} "
                                + $"have the same key {Describe(rows, row)}: keep one of them"
                        );
                    slot = (slot + 1) & (size - 1);
                }
                slots[slot] = row + 1;
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(slots);
        }
    }

    private static string Describe(RowBatch rows, int row) =>
        "("
        + string.Join(
            ", ",
            rows.Shape.KeyColumns.Select(column =>
                $"{rows.Shape.Columns[column].Name}={FieldText.Describe(rows.Shape.Columns[column].Type, FieldReader.Field(rows.Row(row), column))}"
            )
        )
        + ")";

    /// <summary>The key of a row as one span: in place when the key's columns come first, otherwise copied together.</summary>
    private sealed class KeyReader(TableShape shape)
    {
        private readonly bool _leads = shape.KeyColumns.Max() == shape.KeyColumns.Length - 1;
        private byte[] _gathered = new byte[64];

        public ReadOnlySpan<byte> Read(ReadOnlySpan<byte> row)
        {
            if (_leads)
                return row[sizeof(short)..FieldReader.StartOf(row, shape.KeyColumns.Length)];
            var length = 0;
            foreach (var column in shape.KeyColumns)
            {
                var start = FieldReader.StartOf(row, column);
                var field = row.Slice(start, sizeof(int) + Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(row[start..])));
                if (length + field.Length > _gathered.Length)
                    Array.Resize(ref _gathered, Math.Max(length + field.Length, _gathered.Length * 2));
                field.CopyTo(_gathered.AsSpan(length));
                length += field.Length;
            }
            return _gathered.AsSpan(0, length);
        }
    }
}

using System.Buffers;
using System.Buffers.Binary;
using Npgsql;

namespace Interop.Storage.Postgres;

/// <summary>Reads a query's rows of text through <c>COPY .. TO STDOUT (FORMAT BINARY)</c>, without a string per value.</summary>
internal static class CopyOutReader
{
    // https://www.postgresql.org/docs/current/sql-copy.html: signature and flags, then the length of the header's extension.
    private const int FixedHeader = 15;
    private const int FirstBufferBytes = 256 * 1024;

    public static async Task ReadAsync(
        NpgsqlConnection connection,
        string sql,
        Func<ReadOnlyMemory<byte>[], ValueTask> read,
        Action onFirstRow,
        CancellationToken cancellationToken
    )
    {
        await using var stream = await connection.BeginRawBinaryCopyAsync($"COPY ({sql}) TO STDOUT (FORMAT BINARY)", cancellationToken);
        var input = new Input(stream);
        try
        {
            await input.FillAsync(FixedHeader + sizeof(int), cancellationToken);
            input.Skip(FixedHeader);
            var extension = input.ReadInt32();
            await input.FillAsync(extension, cancellationToken);
            input.Skip(extension);
            var values = Array.Empty<ReadOnlyMemory<byte>>();
            while (true)
            {
                await input.FillAsync(sizeof(short), cancellationToken);
                var fields = input.ReadInt16();
                if (fields < 0)
                    return;
                if (values.Length != fields)
                {
                    values = new ReadOnlyMemory<byte>[fields];
                    onFirstRow();
                }

                await ReadRowAsync(input, values, cancellationToken);
                await read(values);
            }
        }
        finally
        {
            input.Free();
        }
    }

    /// <summary>The whole row lies in the buffer before its values are cut out: filling the buffer may move it.</summary>
    private static async ValueTask ReadRowAsync(Input input, ReadOnlyMemory<byte>[] values, CancellationToken cancellationToken)
    {
        var length = 0;
        for (var i = 0; i < values.Length; i++)
        {
            await input.FillAsync(length + sizeof(int), cancellationToken);
            length += sizeof(int) + Math.Max(0, input.PeekInt32(length));
        }

        await input.FillAsync(length, cancellationToken);
        for (var i = 0; i < values.Length; i++)
            values[i] = input.Take(Math.Max(0, input.ReadInt32()));
    }

    private sealed class Input(Stream stream)
    {
        private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        private int _start;
        private int _end;

        public void Skip(int bytes) => _start += bytes;

        public int PeekInt32(int offset) => BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start + offset));

        public int ReadInt32()
        {
            var value = PeekInt32(0);
            _start += sizeof(int);
            return value;
        }

        public short ReadInt16()
        {
            var value = BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(_start));
            _start += sizeof(short);
            return value;
        }

        public ReadOnlyMemory<byte> Take(int bytes)
        {
            var taken = _buffer.AsMemory(_start, bytes);
            _start += bytes;
            return taken;
        }

        /// <summary>Reads until so many bytes are there.</summary>
        public ValueTask FillAsync(int bytes, CancellationToken cancellationToken) =>
            _end - _start >= bytes ? ValueTask.CompletedTask : FillSlowlyAsync(bytes, cancellationToken);

        public void Free() => ArrayPool<byte>.Shared.Return(_buffer);

        private async ValueTask FillSlowlyAsync(int bytes, CancellationToken cancellationToken)
        {
            if (_buffer.Length < bytes)
            {
                var larger = ArrayPool<byte>.Shared.Rent(Math.Max(bytes, _buffer.Length * 2));
                _buffer.AsSpan(_start, _end - _start).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_buffer);
                (_buffer, _start, _end) = (larger, 0, _end - _start);
            }
            else if (_buffer.Length - _start < bytes)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }
            else if (_start == _end)
            {
                (_start, _end) = (0, 0);
            }

            while (_end - _start < bytes)
            {
                var more = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
                _end += more == 0 ? throw new EndOfStreamException("The server ended a COPY in the middle of a row") : more;
            }
        }
    }
}

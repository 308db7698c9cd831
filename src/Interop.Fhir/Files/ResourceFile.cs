using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Interop.Fhir.Validation;

namespace Interop.Fhir.Files;

/// <summary>
/// The resources of a JSON or NDJSON file, as bytes: decoding would hide invalid UTF-8. A file whose first line is not a complete JSON
/// value is one resource over many lines. One buffer is reused, so memory is bounded by the largest resource; of a resource that is too
/// large for validation only the start is kept.
/// </summary>
public static class ResourceFile
{
    /// <summary>The validator refuses larger resources.</summary>
    public const int LargestResource = ValidationOptions.DefaultMaxBytes;

    private const int ReadBytes = 64 * 1024;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Each resource with its line; its bytes are valid until the next one.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It ends in .gz and is not gzip, is truncated, or expands too much.</exception>
    public static async IAsyncEnumerable<(long Line, ReadOnlyMemory<byte> Bytes)> ReadAsync(
        FileInfo file,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (var resource in ReadAsync(Open(file), LargestResource, isNdjson: false, cancellationToken))
            yield return resource;
    }

    /// <inheritdoc cref="ReadAsync(FileInfo, CancellationToken)"/>
    public static IAsyncEnumerable<(long Line, ReadOnlyMemory<byte> Bytes)> ReadAsync(Stream input, CancellationToken cancellationToken) =>
        ReadAsync(input, LargestResource, isNdjson: false, cancellationToken);

    /// <summary>Each resource or document of a stream with its line; its bytes are valid until the next one.</summary>
    /// <param name="input">NDJSON, or one JSON document.</param>
    /// <param name="largest">A larger resource is truncated to one byte more than this.</param>
    /// <param name="isNdjson">Each line is a resource of its own, also the first when it is cut.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async IAsyncEnumerable<(long Line, ReadOnlyMemory<byte> Bytes)> ReadAsync(
        Stream input,
        int largest,
        bool isNdjson,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using var stream = input;
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: ReadBytes));
        using var line = new LineBuffer(largest + 1);
        for (long number = 1; await ReadLineAsync(reader, line, cancellationToken); number++)
        {
            var start = number == 1 && line.Memory.Span.StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
            if (IsBlank(line.Memory.Span[start..]))
            {
                line.Clear();
                continue;
            }

            if (number == 1 && !isNdjson && !line.IsFull && !IsComplete(line.Memory.Span[start..]))
            {
                do line.Append("\n"u8);
                while (await ReadLineAsync(reader, line, cancellationToken));
                yield return (1, line.Memory[start..]);
                yield break;
            }

            yield return (number, line.Memory[start..]);
            line.Clear();
        }
    }

    /// <summary>The file's text: what ends in <c>.gz</c> is expanded.</summary>
    public static Stream Open(FileInfo file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var stream = file.OpenRead();
        return file.Extension == ".gz" ? new GunzipStream(stream) : stream;
    }

    /// <summary>Appends the next line without its end; false when there is none. Each byte is examined once, whatever the length of the
    /// line.</summary>
    private static async Task<bool> ReadLineAsync(PipeReader reader, LineBuffer line, CancellationToken cancellationToken)
    {
        var hasBegun = false;
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                line.Append(read.Buffer.Slice(0, end));
                reader.AdvanceTo(read.Buffer.GetPosition(1, end));
                return true;
            }

            hasBegun |= !read.Buffer.IsEmpty;
            line.Append(read.Buffer);
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return hasBegun;
        }
    }

    private static bool IsBlank(ReadOnlySpan<byte> line) => !line.ContainsAnyExcept(" \t\r"u8);

    /// <summary>Whether the line is more than the beginning of a value; a line with an error in it counts as a resource of its
    /// own.</summary>
    private static bool IsComplete(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = 1024 }));
        try
        {
            var started = false;
            while (reader.Read())
            {
                started = true;
                if (reader.CurrentDepth == 0 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
                    return true;
            }

            return !started;
        }
        catch (JsonException)
        {
            return true;
        }
    }

    /// <summary>A rented array that grows up to <paramref name="mostBytes"/> and takes no more then.</summary>
    private sealed class LineBuffer(int mostBytes) : IDisposable
    {
        private byte[] _array = ArrayPool<byte>.Shared.Rent(ReadBytes);
        private int _length;

        public ReadOnlyMemory<byte> Memory => _array.AsMemory(0, _length);

        public bool IsFull => _length == mostBytes;

        public void Clear() => _length = 0;

        public void Append(in ReadOnlySequence<byte> bytes)
        {
            foreach (var segment in bytes)
                Append(segment.Span);
        }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            var taken = bytes[..Math.Min(bytes.Length, mostBytes - _length)];
            if (_length + taken.Length > _array.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + taken.Length, _array.Length * 2));
                _array.AsSpan(0, _length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_array);
                _array = larger;
            }

            taken.CopyTo(_array.AsSpan(_length));
            _length += taken.Length;
        }

        public void Dispose() => ArrayPool<byte>.Shared.Return(_array);
    }
}

using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Interop.Silo.CommandLine;

/// <summary>
/// The resources of a JSON or NDJSON file, as bytes: decoding them first would hide what is not UTF-8. A file whose first line is no
/// complete JSON value is one resource over many lines.
/// </summary>
internal static class ResourceFile
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It ends in .gz and is not gzip.</exception>
    public static async IAsyncEnumerable<(long Line, ReadOnlyMemory<byte> Bytes)> ReadAsync(
        FileInfo file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var stream = Open(file);
        var reader = PipeReader.Create(stream);
        for (long number = 1; await ReadLineAsync(reader, cancellationToken) is { } line; number++)
        {
            if (number == 1 && line.AsSpan().StartsWith(ByteOrderMark))
                line = line[ByteOrderMark.Length..];
            if (IsBlank(line))
                continue;
            if (number == 1 && !IsComplete(line))
            {
                yield return (1, await WithRestAsync(line, reader, cancellationToken));
                yield break;
            }

            yield return (number, line);
        }
    }

    private static Stream Open(FileInfo file)
    {
        var stream = file.OpenRead();
        return file.Extension == ".gz" ? new GZipStream(stream, CompressionMode.Decompress) : stream;
    }

    private static async Task<byte[]?> ReadLineAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = read.Buffer.Slice(0, end).ToArray();
                reader.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line;
            }

            if (read.IsCompleted)
            {
                var last = read.Buffer.IsEmpty ? null : read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return last;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static async Task<byte[]> WithRestAsync(byte[] first, PipeReader reader, CancellationToken cancellationToken)
    {
        using var whole = new MemoryStream();
        whole.Write(first);
        while (await ReadLineAsync(reader, cancellationToken) is { } line)
        {
            whole.WriteByte((byte)'\n');
            whole.Write(line);
        }

        return whole.ToArray();
    }

    private static bool IsBlank(ReadOnlySpan<byte> line) => !line.ContainsAnyExcept(" \t\r"u8);

    /// <summary>Whether the line is more than the beginning of a value; a line with an error in it counts as a resource of its own.</summary>
    private static bool IsComplete(byte[] line)
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
}

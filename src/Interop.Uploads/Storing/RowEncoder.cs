using System.Buffers;
using System.Text.Json;
using Interop.Storage;

namespace Interop.Uploads.Storing;

/// <summary>Writes rows of one file into batches of <see cref="RowStore.Shape"/>, with buffers that are reused.</summary>
internal sealed class RowEncoder : IDisposable
{
    private readonly string _fileId;
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json;

    public RowEncoder(Guid fileId)
    {
        _fileId = fileId.ToString();
        _json = new Utf8JsonWriter(_buffer);
    }

    /// <param name="fields">One per column of the format; null when the data is erased.</param>
    public void Append(
        RowBatch batch,
        long line,
        string status,
        string[]? fields,
        string? outcome,
        string? error,
        int attempts,
        DateTimeOffset now
    )
    {
        batch.BeginRow();
        batch.WriteText(_fileId);
        batch.WriteInteger(line);
        batch.WriteText(status);
        if (fields is null)
            batch.WriteNull();
        else
            batch.WriteUtf8(Encode(fields));
        batch.WriteText(outcome);
        batch.WriteText(error);
        batch.WriteInteger(attempts);
        batch.WriteTimestamp(now);
    }

    public void Dispose() => _json.Dispose();

    private ReadOnlySpan<byte> Encode(string[] fields)
    {
        _buffer.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartArray();
        foreach (var field in fields)
            _json.WriteStringValue(field);
        _json.WriteEndArray();
        _json.Flush();
        return _buffer.WrittenSpan;
    }
}
